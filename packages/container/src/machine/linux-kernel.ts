import { DmError } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import type { KernelName } from '../open-options.ts';
import type { MachineThreads } from './machine-threads.ts';

/** The kernel of this machine. */
export interface LinuxKernel {
  readonly kernel: Kernel & { close(): Promise<void> };
  /** What does the kernel's work and can do the host's; none where a program does it. */
  readonly threads: MachineThreads | undefined;
}

/** Each package is loaded only where it is used. */
export async function openLinuxKernel(name: Exclude<KernelName, 'fake'>): Promise<LinuxKernel> {
  try {
    if (name === 'ioctl') return await openByIoctl();
    const { openDmsetupKernel } = await import('@dmthin/kernel-dmsetup');
    return { kernel: await openDmsetupKernel(), threads: undefined };
  } catch (error) {
    throw withKernelInMemory(error);
  }
}

async function openByIoctl(): Promise<LinuxKernel> {
  const { openIoctlKernel } = await import('@dmthin/kernel-ioctl');
  const { machineThreads } = await import('./machine-threads.ts');
  let threads: MachineThreads | undefined;
  const kernel = await openIoctlKernel({
    threads: (options) => {
      threads = machineThreads(options);
      return threads;
    },
  });
  return { kernel, threads };
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
