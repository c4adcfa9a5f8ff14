import type { PackedError } from '@dmthin/libc';

/** What a thread is told when it is started. */
export type ThreadStart = CommandStart | { readonly role: 'events' };

export interface CommandStart {
  readonly role: 'commands';
  readonly udev: boolean;
  readonly udevLimitMs: number;
  readonly semaphore: Int32Array;
}

/** From the event thread. */
export type EventReply =
  /** Events are looked for from now on; writing 8 bytes to `wakeFd` ends the thread. */
  | { readonly kind: 'armed'; readonly wakeFd: number }
  | { readonly kind: 'failed'; readonly error: PackedError }
  /** Something happened to some device, and the next is looked for already. */
  | { readonly kind: 'event' };
