import type { HostCalls } from '@dmthin/host-linux';
import { type CommandThreadOptions, type DeviceMapper, startCommandThread, type Version } from '@dmthin/kernel-ioctl';
import { startThread, ThreadPool } from '@dmthin/libc';

/** Threads that do the kernel's work and the host's, so that what an operation does of both is one hop. */
export type MachineThreads = ThreadPool<DeviceMapper & HostCalls, Version>;

export function machineThreads(options: CommandThreadOptions): MachineThreads {
  return new ThreadPool({
    label: 'device-mapper',
    start: () =>
      startCommandThread(options, (workerData) =>
        startThread({ module: 'machine-thread', caller: import.meta.url, workerData, keepsFiles: true }),
      ),
  });
}
