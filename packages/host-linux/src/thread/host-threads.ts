import { startThread, ThreadPool } from '@dmthin/libc';
import type * as hostCalls from './host-calls.ts';

/** What the host has done in threads. */
export type HostCalls = typeof hostCalls;
/** The threads that make the host's system calls. What one opened, any other may use, and it outlasts them. */
export type HostThreads = Pick<ThreadPool<HostCalls>, 'run'>;

export function hostThreads(): ThreadPool<HostCalls> {
  return new ThreadPool({
    label: 'host',
    start: () => ({ worker: startThread({ module: 'host-thread', caller: import.meta.url, keepsFiles: true }) }),
  });
}
