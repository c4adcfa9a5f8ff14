import { savesWith } from '@dmthin/records-docker';
import { ContainerModule } from 'inversify';
import {
  BLOCK_DEVICES,
  CLOSING,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  IN_ORDER,
  KERNEL,
  LASTING_FILES,
  LINUX_HOST,
  LINUX_KERNEL,
  LOOP_DEVICES,
  MOUNTS,
  RECORDS,
  ROOT_LOCK,
  SMALL_FILES,
  VOLUME_GROUPS,
} from '../identifiers.ts';
import { openLinuxKernel } from '../machine/linux-kernel.ts';
import type { KernelName } from '../open-options.ts';

/** This machine's kernel and host; each package is loaded only where it is used. */
export function linuxMachine(name: Exclude<KernelName, 'fake'>): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(LINUX_KERNEL).toResolvedValue(
      async (_lock, closing) => {
        const linux = await openLinuxKernel(name);
        closing.defer(() => linux.kernel.close());
        return linux;
      },
      [ROOT_LOCK, CLOSING],
    );
    bind(KERNEL).toResolvedValue(({ kernel }) => kernel, [LINUX_KERNEL]);
    bind(LINUX_HOST).toResolvedValue(
      async ({ threads }, closing) => {
        const { createLinuxHost } = await import('@dmthin/host-linux');
        const host = createLinuxHost({ threads });
        closing.defer(() => host.close());
        return host;
      },
      [LINUX_KERNEL, CLOSING],
    );
    // The threads are asked by these alone: another kernel or other records that somebody binds go their own way.
    bind(IN_ORDER).toResolvedValue(
      ({ kernel, threads }, { mounts, files }, records) => {
        if (threads === undefined) return undefined;
        const ours = new Set<object>([kernel, mounts, files, ...(savesWith(records, files) ? [records] : [])]);
        return (calls) => threads.inOrder(calls, ours);
      },
      [LINUX_KERNEL, LINUX_HOST, RECORDS],
    );
    bind(SMALL_FILES).toResolvedValue(({ files }) => files, [LINUX_HOST]);
    bind(LASTING_FILES).toResolvedValue(({ files }) => files, [LINUX_HOST]);
    bind(BLOCK_DEVICES).toResolvedValue(({ blockDevices }) => blockDevices, [LINUX_HOST]);
    bind(LOOP_DEVICES).toResolvedValue(({ loopDevices }) => loopDevices, [LINUX_HOST]);
    bind(FILESYSTEMS).toResolvedValue(({ filesystems }) => filesystems, [LINUX_HOST]);
    bind(MOUNTS).toResolvedValue(({ mounts }) => mounts, [LINUX_HOST]);
    bind(VOLUME_GROUPS).toResolvedValue(({ volumeGroups }) => volumeGroups, [LINUX_HOST]);
    bind(FILE_ATTRIBUTES).toResolvedValue(({ fileAttributes }) => fileAttributes, [LINUX_HOST]);
  });
}
