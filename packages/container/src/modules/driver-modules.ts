import { resolve } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { ContainerModule } from 'inversify';
import type { KernelName, OpenOptions, SnapshotterOptions } from '../open-options.ts';
import { clockAndLog } from './clock-and-log.ts';
import { dockerRecords } from './docker-records.ts';
import { fakeMachine } from './fake-machine.ts';
import { graphDriver } from './graph-driver.ts';
import { linuxMachine } from './linux-machine.ts';
import { lmdbRecords } from './lmdb-records.ts';
import { snapshotter } from './snapshotter.ts';

/**
 * Everything `GRAPH_DRIVER` needs, for a container of your own with `defaultScope: 'Singleton'`; get it by `getAsync`.
 * Unbinding (`unbindAllAsync`) closes the driver and all below it.
 * @throws DmError INVALID_ARGUMENT: a storage option, no root, no such kernel.
 */
export function driverModules(options: OpenOptions): readonly ContainerModule[] {
  const { kernel = 'ioctl', log, isDurable = kernel !== 'fake' } = options;
  const root = rootOf(options);
  return [graphDriver(root, options), clockAndLog(log), dockerRecords(root, isDurable), machineModule(kernel, root)];
}

/** Everything `SNAPSHOTTER` needs, as `driverModules` for `GRAPH_DRIVER`. @throws DmError as that. */
export function snapshotterModules(options: SnapshotterOptions): readonly ContainerModule[] {
  const { kernel = 'ioctl', log, isDurable = kernel !== 'fake' } = options;
  const root = rootOf(options);
  return [snapshotter(root, options), clockAndLog(log), lmdbRecords(root, isDurable), machineModule(kernel, root)];
}

function machineModule(kernel: KernelName, root: string): ContainerModule {
  if (kernel === 'fake') return fakeMachine(root);
  if (kernel === 'ioctl' || kernel === 'dmsetup') return linuxMachine(kernel);
  // From JavaScript, or a setting that nobody checked: a misspelt fake must not reach the real kernel.
  throw new DmError('INVALID_ARGUMENT', `"${String(kernel)}" is no kernel`, {
    remedy: 'Name one of ioctl, dmsetup, fake.',
  });
}

function rootOf({ root }: Pick<OpenOptions, 'root'>): string {
  // Empty, it would be the working directory, whatever that is.
  if (!root) throw new DmError('INVALID_ARGUMENT', 'no root is named', { remedy: 'Name a directory.' });
  return resolve(root);
}
