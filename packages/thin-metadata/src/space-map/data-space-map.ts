import type { SpaceMapRoot } from '../format/superblock.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import { noSpace } from './no-space.ts';
import { ReferenceCounts } from './reference-counts.ts';
import { TreeIndex } from './tree-index.ts';

/** Who hands out a pool's data blocks (dm-space-map-disk.c). What it records lies in metadata blocks. */
export class DataSpaceMap {
  readonly #counts: ReferenceCounts;
  #committed: ReferenceCounts;
  /** Where the search for a free block goes on. Not recorded: it starts at 0 when the pool is opened. */
  #cursor = 0;
  /** Taken less given back since the last commit. */
  #netAllocated = 0;

  private constructor(counts: ReferenceCounts) {
    this.#counts = counts;
    this.#committed = counts.snapshot();
  }

  /** The map of a device of no blocks. */
  static create(transaction: TransactionManager): DataSpaceMap {
    return new DataSpaceMap(ReferenceCounts.create(transaction, TreeIndex.create(transaction)));
  }

  static open(transaction: TransactionManager, root: SpaceMapRoot): DataSpaceMap {
    return new DataSpaceMap(ReferenceCounts.open(transaction, TreeIndex.open(transaction, root.bitmapRoot), root));
  }

  /** As of the last commit. */
  get blocks(): number {
    return this.#committed.blocks;
  }

  /** Blocks given back since the last commit count, though they are taken again only after the next. */
  get free(): number {
    return this.#committed.blocks - this.#committed.allocated - this.#netAllocated;
  }

  get root(): SpaceMapRoot {
    return this.#counts.root;
  }

  /** Takes a block that is free now and was at the last commit. @throws DmError NO_SPACE (ENOSPC), also for metadata. */
  allocate(): number {
    const block = this.#counts.firstFree(this.#committed, this.#cursor) ?? this.#counts.firstFree(this.#committed, 0);
    if (block === undefined) throw noSpace('data', this.#counts.blocks);
    this.#cursor = block + 1;
    this.increment(block, block + 1);
    return block;
  }

  increment(begin: number, end: number): void {
    this.#netAllocated += this.#counts.increment(begin, end);
  }

  decrement(begin: number, end: number): void {
    this.#netAllocated -= this.#counts.decrement(begin, end);
  }

  count(block: number): number {
    return this.#counts.count(block);
  }

  extend(extra: number): void {
    this.#counts.extend(extra);
  }

  commit(): void {
    this.#counts.commit();
    this.#committed = this.#counts.snapshot();
    this.#netAllocated = 0;
  }
}
