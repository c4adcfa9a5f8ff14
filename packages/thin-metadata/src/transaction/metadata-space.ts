/** Who hands out the metadata blocks, as the transaction manager and the trees see it. Blocks are metadata blocks. */
export interface MetadataSpace {
  /** Takes a free block; its count is 1. @throws DmError NO_SPACE (ENOSPC). */
  allocate(): number;
  /** Counts one more reference to each block of `begin` to `end`. */
  increment(begin: number, end: number): void;
  /** Counts one reference less to each block of `begin` to `end`. */
  decrement(begin: number, end: number): void;
  /** How many refer to the block. */
  count(block: number): number;
  /** Whether more than one may refer to the block; says yes too often rather than too seldom. */
  isShared(block: number): boolean;
}
