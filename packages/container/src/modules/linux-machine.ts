import { DmError } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import { ContainerModule } from 'inversify';
import { CLOSING, KERNEL, ROOT_LOCK } from '../identifiers.ts';
import type { KernelName } from '../open-options.ts';

/** This machine's kernel and host. */
export function linuxMachine(name: Exclude<KernelName, 'fake'>): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(KERNEL).toResolvedValue(
      async (_lock, closing) => {
        const kernel = await openKernel(name);
        closing.defer(() => kernel.close());
        return kernel;
      },
      [ROOT_LOCK, CLOSING],
    );
  });
}

async function openKernel(name: Exclude<KernelName, 'fake'>): Promise<Kernel> {
  throw new DmError('UNAVAILABLE', name);
}
