import type { Worker } from 'node:worker_threads';
import { type StartedThread, ThreadPool } from '@dmthin/libc';
import type { DeviceMapper } from '../mapper/device-mapper.ts';
import { removeSemaphore } from '../nodes/semaphore.ts';
import type { Version } from '../protocol/dm-ioctl-header.ts';
import type { CommandStart } from './messages.ts';
import { startKernelThread } from './start-kernel-thread.ts';

export interface CommandThreadOptions {
  readonly udev: boolean;
  readonly udevLimitMs: number;
}

/** The threads that own a control device each; their first word is the driver's version. */
export type CommandThreads = Pick<
  ThreadPool<DeviceMapper, Version>,
  'open' | 'run' | 'close' | 'isIdle' | 'isGathering'
>;

export function commandThreads(options: CommandThreadOptions): CommandThreads {
  return new ThreadPool({ label: 'device-mapper', start: () => startCommandThread(options, startKernelThread) });
}

/** @param start starts a thread that runs `serveCommands` on what it is given, by itself or beside something else. */
export function startCommandThread(
  options: CommandThreadOptions,
  start: (workerData: CommandStart) => Worker,
): StartedThread {
  /** What the thread holds at the moment: a semaphore's id and one, or 0. */
  const semaphore = new Int32Array(new SharedArrayBuffer(4));
  return {
    worker: start({ role: 'commands', ...options, semaphore }),
    // A process that exits while it waits for udev leaves no semaphore; removing it also ends the thread's wait.
    onEnd: () => {
      const held = Atomics.exchange(semaphore, 0, 0);
      if (held !== 0) removeSemaphore(held - 1);
    },
  };
}
