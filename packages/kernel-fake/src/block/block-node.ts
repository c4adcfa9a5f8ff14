import type { DeviceNumber } from '@dmthin/domain';
import type { Openable, Openings } from './openings.ts';

/**
 * A block device as the kernel's insides see it: a plain disk or a mapped device. Offsets and lengths are in bytes,
 * whole sectors, and inside the device; refusals are thrown as `Refusal`.
 */
export interface BlockNode extends Openable {
  readonly number: DeviceNumber;
  /** In bytes, now. */
  readonly size: number;
  readonly isReadOnly: boolean;
  /** Whether discards reach something that can do them. */
  readonly canDiscard: boolean;
  /** Whether it has a write cache; without one the block layer itself answers a flush. */
  readonly hasWriteCache: boolean;
  /** I/O would have to wait: it, or what it stands on, is suspended. */
  readonly isStalled: boolean;
  readonly openings: Openings;
  /** Fills the whole of `into`. */
  read(offset: number, into: Uint8Array): void;
  /** `inPages`: as the page cache writes, each page an I/O of its own, all of them under way at once. */
  write(offset: number, data: Uint8Array, inPages?: boolean): void;
  discard(offset: number, length: number): void;
  flush(): void;
}

/** `major:minor` as one number, for maps. */
export function numberKey({ major, minor }: DeviceNumber): number {
  return major * 0x10_00_00 + minor;
}
