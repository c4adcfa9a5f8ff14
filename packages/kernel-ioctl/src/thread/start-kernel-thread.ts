import type { Worker } from 'node:worker_threads';
import { startThread } from '@dmthin/libc';
import type { ThreadStart } from './messages.ts';

/** Starts `kernel-thread.ts`, which lies beside this file, in the package and in a bundle. */
export function startKernelThread(workerData: ThreadStart): Worker {
  return startThread({ module: 'kernel-thread', caller: import.meta.url, workerData });
}
