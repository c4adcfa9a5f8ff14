import { startThread, ThreadPool } from '@dmthin/libc';
import type * as hostCalls from './host-calls.ts';

/** The threads that make the host's system calls. What one opened, any other may use, and it outlasts them. */
export type HostThreads = ThreadPool<typeof hostCalls>;

export function hostThreads(): HostThreads {
  return new ThreadPool({
    label: 'host',
    start: () => ({ worker: startThread({ module: 'host-thread', caller: import.meta.url, keepsFiles: true }) }),
  });
}
