import type { Block } from '../format/block.ts';
import { ADDRESS_SIZE, addressAt } from '../format/node.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';

/** What a btree holds: the size of a value, and what it refers to (struct dm_btree_value_type). */
export interface ValueType {
  /** In bytes, a multiple of 4. */
  readonly size: number;
  /** Counts one more reference from each of the first `count` values of a leaf. Left out where values refer to nothing. */
  readonly addReferences?: (leaf: Block, count: number) => void;
  /** Counts one reference less from each of `count` values of a leaf, from `first` on. */
  readonly dropReferences?: (leaf: Block, first: number, count: number) => void;
  /** Whether a value and its replacement refer to the same, so that nothing is to be dropped. */
  readonly refersToSame?: (leaf: Block, index: number, words: readonly number[]) => boolean;
}

/** Values that are metadata blocks, counted once each (init_le64_type). */
export function blockReferences({ space }: TransactionManager): ValueType {
  return {
    size: ADDRESS_SIZE,
    addReferences: (leaf, count) => eachRun(leaf, 0, count, addressAt, (begin, end) => space.increment(begin, end)),
    dropReferences: (leaf, first, count) =>
      eachRun(leaf, first, count, addressAt, (begin, end) => space.decrement(begin, end)),
    refersToSame: (leaf, index, [low = 0, high = 0]) => addressAt(leaf, index) === high * 0x1_0000_0000 + low,
  };
}

/** Calls `visit` once for each run of consecutive block numbers among `count` values: a run is counted in one go. */
export function eachRun(
  node: Block,
  first: number,
  count: number,
  valueAt: (node: Block, index: number) => number,
  visit: (begin: number, end: number) => void,
): void {
  if (count === 0) return;
  let begin = valueAt(node, first);
  let end = begin + 1;
  for (let index = first + 1; index < first + count; index++) {
    const value = valueAt(node, index);
    if (value !== end) {
      visit(begin, end);
      begin = value;
    }
    end = value + 1;
  }
  visit(begin, end);
}
