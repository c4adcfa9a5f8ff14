import { join } from 'node:path';
import { ContainerModule } from 'inversify';
import {
  BLOCK_DEVICES,
  CLOCK,
  CLOSING,
  FAKE_MACHINE,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  IN_ORDER,
  KERNEL,
  LASTING_FILES,
  LOOP_DEVICES,
  MOUNTS,
  ROOT_LOCK,
  SMALL_FILES,
  VOLUME_GROUPS,
} from '../identifiers.ts';

/** A kernel and a host in memory; what is to outlive the process is kept under the root. */
export function fakeMachine(root: string): ContainerModule {
  return new ContainerModule(({ bind }) => {
    // The root's lock comes first: two processes must not start the same machine.
    bind(FAKE_MACHINE).toResolvedValue(
      async (_lock, clock, closing) => {
        const { openFakeMachine } = await import('../machine/fake-machine.ts');
        const machine = await openFakeMachine({ directory: join(root, 'dmthin', 'machine'), clock });
        closing.defer(() => machine.shutDown());
        return machine;
      },
      [ROOT_LOCK, CLOCK, CLOSING],
    );
    bind(KERNEL).toResolvedValue(({ kernel }) => kernel, [FAKE_MACHINE]);
    bind(BLOCK_DEVICES).toResolvedValue(({ host }) => host.blockDevices, [FAKE_MACHINE]);
    bind(LOOP_DEVICES).toResolvedValue(({ host }) => host.loopDevices, [FAKE_MACHINE]);
    bind(FILESYSTEMS).toResolvedValue(({ host }) => host.filesystems, [FAKE_MACHINE]);
    bind(MOUNTS).toResolvedValue(({ host }) => host.mounts, [FAKE_MACHINE]);
    bind(VOLUME_GROUPS).toResolvedValue(({ host }) => host.volumeGroups, [FAKE_MACHINE]);
    // Its files are node's, and its calls take no thread.
    bind(SMALL_FILES).toConstantValue(undefined);
    bind(LASTING_FILES).toConstantValue(undefined);
    bind(IN_ORDER).toConstantValue(undefined);
    bind(FILE_ATTRIBUTES).toResolvedValue(({ host }) => host.fileAttributes, [FAKE_MACHINE]);
  });
}
