import type { DeviceMapper } from '../mapper/device-mapper.ts';
import type { Version } from '../protocol/dm-ioctl-header.ts';
import type { PackedError } from './packed-error.ts';

/** What a thread may be asked: any method of DeviceMapper. */
export type Hop = Exclude<keyof DeviceMapper, 'close'>;
export type HopArguments<Name extends Hop> = Parameters<DeviceMapper[Name]>;
export type HopResult<Name extends Hop> = Awaited<ReturnType<DeviceMapper[Name]>>;

/** What a thread is told when it is started. */
export type ThreadStart =
  | { readonly role: 'commands'; readonly udev: boolean; readonly udevLimitMs: number; readonly semaphore: Int32Array }
  | { readonly role: 'events' };

/** To the command thread. */
export type CommandRequest =
  | { readonly kind: 'hop'; readonly id: number; readonly name: Hop; readonly args: readonly unknown[] }
  | { readonly kind: 'close'; readonly id: number };

/** From the command thread. */
export type CommandReply =
  | { readonly kind: 'open'; readonly version: Version }
  | { readonly kind: 'failed'; readonly error: PackedError }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PackedError };

/** From the event thread. */
export type EventReply =
  /** Events are looked for from now on; writing 8 bytes to `wakeFd` ends the thread. */
  | { readonly kind: 'armed'; readonly wakeFd: number }
  | { readonly kind: 'failed'; readonly error: PackedError }
  /** Something happened to some device, and the next is looked for already. */
  | { readonly kind: 'event' };
