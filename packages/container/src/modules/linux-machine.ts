import { DmError } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import { ContainerModule } from 'inversify';
import {
  BLOCK_DEVICES,
  CLOSING,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  KERNEL,
  LINUX_HOST,
  LOOP_DEVICES,
  MOUNTS,
  ROOT_LOCK,
  VOLUME_GROUPS,
} from '../identifiers.ts';
import type { KernelName } from '../open-options.ts';

/** This machine's kernel and host; each package is loaded only where it is used. */
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
    bind(LINUX_HOST).toResolvedValue(
      async (_lock, closing) => {
        const { createLinuxHost } = await import('@dmthin/host-linux');
        const host = createLinuxHost();
        closing.defer(() => host.close());
        return host;
      },
      [ROOT_LOCK, CLOSING],
    );
    bind(BLOCK_DEVICES).toResolvedValue(({ blockDevices }) => blockDevices, [LINUX_HOST]);
    bind(LOOP_DEVICES).toResolvedValue(({ loopDevices }) => loopDevices, [LINUX_HOST]);
    bind(FILESYSTEMS).toResolvedValue(({ filesystems }) => filesystems, [LINUX_HOST]);
    bind(MOUNTS).toResolvedValue(({ mounts }) => mounts, [LINUX_HOST]);
    bind(VOLUME_GROUPS).toResolvedValue(({ volumeGroups }) => volumeGroups, [LINUX_HOST]);
    bind(FILE_ATTRIBUTES).toResolvedValue(({ fileAttributes }) => fileAttributes, [LINUX_HOST]);
  });
}

async function openKernel(name: Exclude<KernelName, 'fake'>): Promise<Kernel> {
  try {
    if (name === 'dmsetup') return await (await import('@dmthin/kernel-dmsetup')).openDmsetupKernel();
    return await (await import('@dmthin/kernel-ioctl')).openIoctlKernel();
  } catch (error) {
    throw withKernelInMemory(error);
  }
}

/** Whoever has no device-mapper, or no rights to it, is told of the kernel that needs neither. */
function withKernelInMemory(error: unknown): unknown {
  if (!DmError.is(error, 'UNAVAILABLE', 'NOT_PERMITTED')) return error;
  const { code, message, errno, operation, subject, remedy } = error;
  return new DmError(code, message, {
    errno,
    operation,
    subject,
    remedy: `${remedy ?? ''} Kernel "fake" needs no device-mapper and no rights.`.trimStart(),
    cause: error,
  });
}
