import { createTree } from '../btree/btree.ts';
import { destroyTree } from '../btree/destroy.ts';
import { insert, insertBelow } from '../btree/insert.ts';
import { type Found, highestKey, lookup, lookupNext } from '../btree/lookup.ts';
import { remove, removeRun } from '../btree/remove.ts';
import type { Block } from '../format/block.ts';
import { dataBlockAt, mappingHigh, mappingLow, timeAt } from '../format/mapping.ts';
import { addressAt, keyAt, valueOffset } from '../format/node.ts';
import type { PoolTrees } from './pool-trees.ts';

/** One mapping as it is stored. Blocks are in data blocks: of the thin device, and of the pool. */
export interface StoredMapping {
  readonly block: number;
  readonly dataBlock: number;
  /** The pool's time when it was mapped. */
  readonly time: number;
}

/** All mappings of a pool: a tree of thin ids whose values are roots of trees of mappings. */
export class MappingTree {
  readonly #trees: PoolTrees;
  #root: number;

  constructor(trees: PoolTrees, root: number) {
    this.#trees = trees;
    this.#root = root;
  }

  get root(): number {
    return this.#root;
  }

  /** Where a thin device's mappings begin; undefined for a device that has none, not even an empty tree. */
  rootOf(thin: number): number | undefined {
    const found = lookup(this.#trees.top, this.#root, thin);
    return found && addressAt(found.leaf, found.index);
  }

  lookup(thin: number, block: number): StoredMapping | undefined {
    const root = this.rootOf(thin);
    return root === undefined ? undefined : decode(lookup(this.#trees.mappings, root, block));
  }

  /** The first mapping at `block` or after it. */
  lookupNext(thin: number, block: number): StoredMapping | undefined {
    const root = this.rootOf(thin);
    return root === undefined ? undefined : decode(lookupNext(this.#trees.mappings, root, block));
  }

  highestBlock(thin: number): number | undefined {
    const root = this.rootOf(thin);
    return root === undefined ? undefined : highestKey(this.#trees.mappings, root);
  }

  /** Gives a new thin device an empty tree. @throws DmError NO_SPACE (ENOSPC). */
  add(thin: number): void {
    const root = createTree(this.#trees.mappings);
    try {
      this.#setRoot(thin, root);
    } catch (error) {
      destroyTree(this.#trees.mappings, root);
      throw error;
    }
  }

  /** Lets `thin` share the tree at `root`, which costs one more reference and no block. @throws DmError NO_SPACE. */
  share(thin: number, root: number): void {
    const { space } = this.#trees.top.transaction;
    space.increment(root, root + 1);
    try {
      this.#setRoot(thin, root);
    } catch (error) {
      space.decrement(root, root + 1);
      throw error;
    }
  }

  /** Drops a thin device's tree. */
  drop(thin: number): void {
    this.#root = remove(this.#trees.top, this.#root, thin);
  }

  /** Maps a block; returns whether it was not mapped before. The data block it was mapped to loses a reference. */
  insert(thin: number, block: number, dataBlock: number, time: number): boolean {
    const words = [mappingLow(dataBlock, time), mappingHigh(dataBlock)];
    const { root, isNew } = insertBelow(this.#trees.mappings, this.#root, thin, block, words);
    this.#root = root;
    return isNew;
  }

  /** Unmaps the blocks of `begin` to `end`; returns how many were mapped (__remove_range). */
  removeRange(thin: number, begin: number, end: number): number | undefined {
    const { top, mappings } = this.#trees;
    let root = this.rootOf(thin);
    if (root === undefined) return undefined;
    // Out of the upper tree meanwhile, with a reference that keeps it; both trees change shape by that.
    top.transaction.space.increment(root, root + 1);
    this.#root = remove(top, this.#root, thin);
    let removed = 0;
    for (let from = begin; from < end; ) {
      const next = lookupNext(mappings, root, from);
      if (next === undefined) break;
      from = keyAt(next.leaf, next.index);
      if (from >= end) break;
      const run = removeRun(mappings, root, from, end);
      root = run.root;
      removed += run.removed;
      from = run.next;
    }
    this.#setRoot(thin, root);
    return removed;
  }

  #setRoot(thin: number, root: number): void {
    const words = [root >>> 0, Math.floor(root / 0x1_0000_0000)];
    this.#root = insert(this.#trees.top, this.#root, thin, words).root;
  }
}

function decode(found: Found | undefined): StoredMapping | undefined {
  return found && mappingOf(found.leaf, found.index);
}

/** The mapping in entry `index` of a leaf. */
export function mappingOf(leaf: Block, index: number): StoredMapping {
  const at = valueOffset(leaf, index);
  return { block: keyAt(leaf, index), dataBlock: dataBlockAt(leaf.view, at), time: timeAt(leaf.view, at) };
}
