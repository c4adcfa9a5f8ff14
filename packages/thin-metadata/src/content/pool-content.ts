import type { ThinEntry } from '../read/pool-reader.ts';

/** What a pool's superblock says to people: all of it that is not an address. */
export interface PoolHeader {
  /** At most 16 characters, mostly none. */
  readonly uuid: string;
  /** Goes up by one with each snapshot. */
  readonly time: number;
  readonly transactionId: bigint;
  readonly flags: number;
  readonly version: number;
  /** In sectors. */
  readonly dataBlockSize: number;
  /** How many data blocks the pool has. */
  readonly dataBlocks: number;
}

/**
 * Who takes a pool's content, in this order: the header, each device with its mappings, the end. Where the content comes
 * from (a pool, XML, JSON, what is left of a damaged pool) and where it goes (text, a new pool) do not know each other.
 */
export interface PoolSink {
  begin(header: PoolHeader): void;
  /** `thin.mappedBlocks` is what the pool recorded, which may not be what follows. */
  beginDevice(thin: ThinEntry): void;
  /** `length` thin blocks from `block` on lie in consecutive data blocks from `dataBlock` on, all mapped at `time`. */
  map(block: number, dataBlock: number, length: number, time: number): void;
  endDevice(): void;
  end(): void;
}
