import { resolve } from 'node:path';
import type { ContainerModule } from 'inversify';
import type { KernelName, OpenOptions } from '../open-options.ts';
import { clockAndLog } from './clock-and-log.ts';
import { dockerRecords } from './docker-records.ts';
import { fakeMachine } from './fake-machine.ts';
import { graphDriver } from './graph-driver.ts';
import { linuxMachine } from './linux-machine.ts';

/**
 * Everything `GRAPH_DRIVER` needs, for a container of your own with `defaultScope: 'Singleton'`; get it by `getAsync`.
 * Unbinding (`unbindAllAsync`) closes the driver and all below it.
 * @throws DmError INVALID_ARGUMENT: a storage option.
 */
export function driverModules(options: OpenOptions): readonly ContainerModule[] {
  const { kernel = 'ioctl', log, isDurable = kernel !== 'fake' } = options;
  const root = resolve(options.root);
  return [graphDriver(root, options), clockAndLog(log), dockerRecords(root, isDurable), machineModule(kernel, root)];
}

function machineModule(kernel: KernelName, root: string): ContainerModule {
  return kernel === 'fake' ? fakeMachine(root) : linuxMachine(kernel);
}
