import { COUNTS_PER_BITMAP, OVERFLOW } from '../format/bitmap.ts';
import { MAX_METADATA_BITMAPS } from '../format/metadata-index.ts';
import type { SpaceMapRoot } from '../format/superblock.ts';
import type { MetadataSpace } from '../transaction/metadata-space.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import { LowWater } from './low-water.ts';
import { noSpace } from './no-space.ts';
import { QueuedChanges } from './queued-changes.ts';
import { ReferenceCounts } from './reference-counts.ts';
import { ResidentIndex } from './resident-index.ts';

/** More metadata than this a pool cannot use, in metadata blocks (DM_SM_METADATA_MAX_BLOCKS): 15.875 GiB. */
export const MAX_METADATA_BLOCKS: number = MAX_METADATA_BITMAPS * COUNTS_PER_BITMAP;

/**
 * Who hands out metadata blocks (dm-space-map-metadata.c). Its own bitmaps and trees lie in the blocks it counts, so a
 * change may need blocks itself: while one change is being made, others are queued, and made in order after it.
 */
export class MetadataSpaceMap implements MetadataSpace {
  readonly lowWater: LowWater = new LowWater();
  readonly #queue = new QueuedChanges();
  /** Undefined only while a new map makes its first blocks. */
  #counts: ReferenceCounts | undefined;
  #committed: ReferenceCounts | undefined;
  /** Where the search for a free block goes on. Not recorded: it starts at 0 when the metadata is opened. */
  #cursor = 0;
  #allocatedSinceCommit = 0;
  #isChanging = false;
  /** While the map makes itself or grows: blocks are taken in order from the cursor on, all of them free. */
  #isVirgin = false;

  private constructor(transaction: TransactionManager) {
    transaction.manage(this);
  }

  /** Makes the map of an empty device, whose blocks before `first` are taken. @throws DmError NO_SPACE (ENOSPC). */
  static create(transaction: TransactionManager, blocks: number, first: number): MetadataSpaceMap {
    const map = new MetadataSpaceMap(transaction);
    map.#cursor = first;
    map.#isVirgin = true;
    map.#counts = ReferenceCounts.create(transaction, ResidentIndex.create(transaction));
    map.#counts.extend(Math.min(blocks, MAX_METADATA_BLOCKS));
    map.#isVirgin = false;
    map.#queue.push({ by: 1, begin: 0, end: map.#cursor });
    map.#makeQueuedChanges();
    map.commit();
    return map;
  }

  /** @throws DmError CORRUPT (ENOTBLK, EILSEQ), IO (EIO): the index cannot be read. */
  static open(transaction: TransactionManager, root: SpaceMapRoot): MetadataSpaceMap {
    const map = new MetadataSpaceMap(transaction);
    const index = ResidentIndex.open(transaction, root.bitmapRoot, Math.ceil(root.blocks / COUNTS_PER_BITMAP));
    map.#counts = ReferenceCounts.open(transaction, index, root);
    map.#committed = map.#counts.snapshot();
    return map;
  }

  get blocks(): number {
    return this.#now.blocks;
  }

  /** Free at the last commit, less what was taken since; what was given back since counts only after the next commit. */
  get free(): number {
    const committed = this.#committed;
    if (committed === undefined) return 0;
    return committed.blocks - committed.allocated - this.#allocatedSinceCommit;
  }

  get root(): SpaceMapRoot {
    return this.#now.root;
  }

  allocate(): number {
    if (this.#isVirgin) {
      if (this.#cursor === (this.#counts?.blocks ?? 0)) throw noSpace('metadata', this.#cursor);
      return this.#cursor++;
    }
    const block = this.#findFree();
    this.#cursor = block + 1;
    this.increment(block, block + 1);
    this.#allocatedSinceCommit++;
    this.lowWater.see(this.free);
    return block;
  }

  increment(begin: number, end: number): void {
    this.#change(1, begin, end);
  }

  decrement(begin: number, end: number): void {
    this.#change(-1, begin, end);
  }

  count(block: number): number {
    if (this.#isVirgin) return block < this.#cursor ? 1 : 0;
    return this.#now.count(block) + this.#queue.net(block);
  }

  isShared(block: number): boolean {
    if (this.#isVirgin) return false;
    const net = this.#queue.net(block);
    if (net > 1) return true;
    const bits = this.#now.bits(block);
    return bits === OVERFLOW || bits + net > 1;
  }

  /** Whether anything refers to the block. */
  isReferenced(block: number): boolean {
    return this.#now.bits(block) !== 0;
  }

  /** Makes `extra` blocks more, which a larger device has at its end. @throws DmError INVALID_ARGUMENT (EINVAL), NO_SPACE (ENOSPC). */
  extend(extra: number): void {
    let begin = this.#now.blocks;
    this.#cursor = begin;
    this.#isVirgin = true;
    try {
      this.#now.extend(extra);
      // Counting the blocks taken from the new area, and writing the index, may take some more.
      do {
        this.#queue.push({ by: 1, begin, end: this.#cursor });
        begin = this.#cursor;
        this.#makeQueuedChanges();
        this.#now.commit();
      } while (begin !== this.#cursor);
    } finally {
      this.#isVirgin = false;
    }
  }

  /** Writes the map to metadata blocks; from now on they are what the last commit holds. */
  commit(): void {
    this.#now.commit();
    this.#committed = this.#now.snapshot();
    this.#allocatedSinceCommit = 0;
  }

  get #now(): ReferenceCounts {
    return this.#counts as ReferenceCounts;
  }

  /** A block that is free now and was at the last commit, so that what that holds stays whole. */
  #findFree(): number {
    const committed = this.#committed as ReferenceCounts;
    const block = this.#now.firstFree(committed, this.#cursor) ?? this.#now.firstFree(committed, 0);
    if (block === undefined) throw noSpace('metadata', this.#now.blocks);
    return block;
  }

  #change(by: 1 | -1, begin: number, end: number): void {
    if (this.#isVirgin || this.#isChanging) {
      this.#queue.push({ by, begin, end });
      return;
    }
    this.#isChanging = true;
    try {
      this.#make(by, begin, end);
      this.#makeQueuedChanges();
    } finally {
      this.#isChanging = false;
    }
  }

  #makeQueuedChanges(): void {
    this.#queue.drain(({ by, begin, end }) => this.#make(by, begin, end));
  }

  #make(by: 1 | -1, begin: number, end: number): void {
    if (by === 1) this.#now.increment(begin, end);
    else this.#now.decrement(begin, end);
  }
}
