import { DmError } from '@dmthin/domain';
import { type Btree, createTree } from '../btree/btree.ts';
import { insert } from '../btree/insert.ts';
import { lookup } from '../btree/lookup.ts';
import { overwriteLeaf } from '../btree/overwrite.ts';
import { remove } from '../btree/remove.ts';
import { BITMAP, COUNTS_PER_BITMAP, countAt, firstFree, OVERFLOW, setCount } from '../format/bitmap.ts';
import type { Block } from '../format/block.ts';
import { entryCount, keyAt, lowerBound, valueOffset } from '../format/node.ts';
import type { SpaceMapRoot } from '../format/superblock.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import type { BitmapIndex } from './bitmap-index.ts';

/** Bytes of a count in the overflow tree. */
export const OVERFLOW_COUNT_SIZE = 4;

/**
 * How often each block of a device is referred to (struct ll_disk): two-bit counts in bitmaps, and a btree for counts of
 * three or more. All of it lies in shadowed metadata blocks, those of the metadata device's own counts included.
 */
export class ReferenceCounts {
  readonly #transaction: TransactionManager;
  readonly #index: BitmapIndex;
  readonly #overflow: Btree;
  #overflowRoot: number;
  #blocks: number;
  #allocated: number;

  private constructor(transaction: TransactionManager, index: BitmapIndex, root: Omit<SpaceMapRoot, 'bitmapRoot'>) {
    this.#transaction = transaction;
    this.#index = index;
    this.#overflow = { transaction, type: { size: OVERFLOW_COUNT_SIZE } };
    this.#overflowRoot = root.overflowRoot;
    this.#blocks = root.blocks;
    this.#allocated = root.allocated;
  }

  /** Counts of a device of no blocks. */
  static create(transaction: TransactionManager, index: BitmapIndex): ReferenceCounts {
    const overflowRoot = createTree({ transaction, type: { size: OVERFLOW_COUNT_SIZE } });
    return new ReferenceCounts(transaction, index, { overflowRoot, blocks: 0, allocated: 0 });
  }

  static open(transaction: TransactionManager, index: BitmapIndex, root: SpaceMapRoot): ReferenceCounts {
    return new ReferenceCounts(transaction, index, root);
  }

  /** How many blocks are counted. */
  get blocks(): number {
    return this.#blocks;
  }

  /** How many of them are referred to. */
  get allocated(): number {
    return this.#allocated;
  }

  get root(): SpaceMapRoot {
    return {
      blocks: this.#blocks,
      allocated: this.#allocated,
      bitmapRoot: this.#index.root,
      overflowRoot: this.#overflowRoot,
    };
  }

  /** The counts as they are now. Reads on while this one changes, until the next commit has been written over it. */
  snapshot(): ReferenceCounts {
    return new ReferenceCounts(this.#transaction, this.#index.snapshot(), this.root);
  }

  commit(): void {
    this.#index.commit();
  }

  /** Counts `extra` blocks more. @throws DmError INVALID_ARGUMENT (EINVAL): more than fit; NO_SPACE (ENOSPC). */
  extend(extra: number): void {
    const blocks = this.#blocks + extra;
    const before = Math.ceil(this.#blocks / COUNTS_PER_BITMAP);
    const after = Math.ceil(blocks / COUNTS_PER_BITMAP);
    if (after > this.#index.limit)
      throw new DmError('INVALID_ARGUMENT', `a space map of ${blocks} blocks is too large`, {
        errno: 'EINVAL',
        operation: 'extend',
      });
    // Before the first allocation: a metadata device's own bitmaps come from the blocks that are being added.
    this.#blocks = blocks;
    for (let bitmap = before; bitmap < after; bitmap++) {
      const { number } = this.#transaction.allocate(BITMAP);
      this.#index.save(bitmap, { bitmap: number, free: COUNTS_PER_BITMAP, noneFreeBefore: 0 });
    }
  }

  /** The two-bit count: 3 stands for three or more. @throws DmError INVALID_ARGUMENT (EINVAL): no such block. */
  bits(block: number): number {
    if (block >= this.#blocks) throw outside(block, this.#blocks);
    const { bitmap } = this.#index.load(Math.floor(block / COUNTS_PER_BITMAP));
    return countAt(this.#transaction.read(bitmap, BITMAP), block % COUNTS_PER_BITMAP);
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): no such block. */
  count(block: number): number {
    const bits = this.bits(block);
    if (bits !== OVERFLOW) return bits;
    const found = lookup(this.#overflow, this.#overflowRoot, block);
    if (found === undefined) throw uncounted(block);
    return found.leaf.view.getUint32(valueOffset(found.leaf, found.index), true);
  }

  /** The first block from `begin` on that is free here and was free in `before`; undefined where there is none. */
  firstFree(before: ReferenceCounts, begin: number): number | undefined {
    for (let from = begin; ; ) {
      const block = this.#firstFree(from);
      if (block === undefined) return undefined;
      if (block >= before.blocks || before.count(block) === 0) return block;
      from = block + 1;
    }
  }

  #firstFree(begin: number): number | undefined {
    const bitmaps = Math.ceil(this.#blocks / COUNTS_PER_BITMAP);
    const first = Math.floor(begin / COUNTS_PER_BITMAP);
    for (let bitmap = first; bitmap < bitmaps; bitmap++) {
      const entry = this.#index.load(bitmap);
      if (entry.free === 0) continue;
      const base = bitmap * COUNTS_PER_BITMAP;
      const from = Math.max(bitmap === first ? begin - base : 0, entry.noneFreeBefore);
      const end = Math.min(this.#blocks - base, COUNTS_PER_BITMAP);
      const found = firstFree(this.#transaction.read(entry.bitmap, BITMAP), from, end);
      if (found >= 0) return base + found;
    }
    return undefined;
  }

  /** Adds a reference to each block of `begin` to `end`. Returns how many were free before. */
  increment(begin: number, end: number): number {
    return this.#change(begin, end, (run, block, index) => this.#incrementOne(run, block, index));
  }

  /**
   * Takes a reference from each block of `begin` to `end`. Returns how many are free now.
   * @throws DmError CORRUPT (EINVAL): one has none.
   */
  decrement(begin: number, end: number): number {
    return -this.#change(begin, end, (run, block, index) => this.#decrementOne(run, block, index));
  }

  #change(begin: number, end: number, one: (run: Run, block: number, index: number) => void): number {
    const before = this.#allocated;
    for (let block = begin; block < end; ) {
      const bitmap = Math.floor(block / COUNTS_PER_BITMAP);
      const base = bitmap * COUNTS_PER_BITMAP;
      const entry = this.#index.load(bitmap);
      const shadow = this.#transaction.shadow(entry.bitmap, BITMAP);
      const run: Run = { bitmap: shadow, free: entry.free, noneFreeBefore: entry.noneFreeBefore, leaf: undefined };
      for (const stop = Math.min(end, base + COUNTS_PER_BITMAP); block < stop; block++) one(run, block, block - base);
      this.#index.save(bitmap, { bitmap: shadow.number, free: run.free, noneFreeBefore: run.noneFreeBefore });
    }
    return this.#allocated - before;
  }

  #incrementOne(run: Run, block: number, index: number): void {
    const bits = countAt(run.bitmap, index);
    if (bits === OVERFLOW) {
      this.#adjustOverflow(run, block, 1);
      return;
    }
    setCount(run.bitmap, index, bits + 1);
    if (bits === 0) {
      this.#allocated++;
      run.free--;
      if (run.noneFreeBefore === index) run.noneFreeBefore = index + 1;
    } else if (bits === 2) {
      run.leaf = undefined;
      this.#overflowRoot = insert(this.#overflow, this.#overflowRoot, block, [OVERFLOW]).root;
    }
  }

  #decrementOne(run: Run, block: number, index: number): void {
    const bits = countAt(run.bitmap, index);
    if (bits === 0) throw unreferenced(block);
    if (bits === OVERFLOW) {
      if (this.#adjustOverflow(run, block, -1) > OVERFLOW) return;
      run.leaf = undefined;
      this.#overflowRoot = remove(this.#overflow, this.#overflowRoot, block);
    }
    setCount(run.bitmap, index, bits - 1);
    if (bits === 1) {
      this.#allocated--;
      run.free++;
      run.noneFreeBefore = Math.min(run.noneFreeBefore, index);
    }
  }

  /** Changes a count in the overflow tree, unless it would fall below three. Returns what it was. */
  #adjustOverflow(run: Run, block: number, by: 1 | -1): number {
    if (run.leaf === undefined || !holds(run.leaf, block)) {
      const { root, leaf } = overwriteLeaf(this.#overflow, this.#overflowRoot, block);
      this.#overflowRoot = root;
      run.leaf = leaf;
    }
    const at = valueOffset(run.leaf, lowerBound(run.leaf, block));
    const count = run.leaf.view.getUint32(at, true);
    if (by === 1 || count > OVERFLOW) run.leaf.view.setUint32(at, count + by, true);
    return count;
  }
}

/** What a run of changes within one bitmap keeps at hand (struct inc_context). */
interface Run {
  readonly bitmap: Block;
  free: number;
  noneFreeBefore: number;
  /** The leaf of the overflow tree used last. */
  leaf: Block | undefined;
}

function holds(leaf: Block, block: number): boolean {
  const index = lowerBound(leaf, block);
  return index >= 0 && index < entryCount(leaf) && keyAt(leaf, index) === block;
}

function outside(block: number, blocks: number): DmError {
  return new DmError('CORRUPT', `block ${block} lies outside of its space map of ${blocks} blocks`, {
    errno: 'EINVAL',
    operation: 'count',
    subject: `block ${block}`,
  });
}

function uncounted(block: number): DmError {
  return new DmError('CORRUPT', `block ${block} is marked as counted in the overflow tree, which does not have it`, {
    errno: 'ENODATA',
    operation: 'count',
    subject: `block ${block}`,
    remedy: 'Take the pool down and check its metadata (thin_check).',
  });
}

function unreferenced(block: number): DmError {
  return new DmError('CORRUPT', `block ${block} loses a reference that it does not have`, {
    errno: 'EINVAL',
    operation: 'decrement',
    subject: `block ${block}`,
    remedy: 'Take the pool down and check its metadata (thin_check).',
  });
}
