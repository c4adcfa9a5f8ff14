import type { Block } from '../format/block.ts';
import { addressAt, entryCount, formatLeaf, isInternal, NODE } from '../format/node.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import { unsound } from './node-edit.ts';
import { eachRun, type ValueType } from './value-type.ts';

/** A kind of btree: where its nodes live and what its leaves hold. Each tree of that kind is known by its root block. */
export interface Btree {
  readonly transaction: TransactionManager;
  readonly type: ValueType;
}

/** More levels than any tree of 2^63 keys has; a deeper one goes in circles. */
const MAX_DEPTH = 64;

/** @throws DmError CORRUPT: the way down is longer than any sound tree is high. */
export function demandDepth(node: Block, depth: number): void {
  if (depth > MAX_DEPTH) throw unsound(node, 'the tree goes in circles');
}

/** Makes an empty tree, which is one empty leaf. Returns its root. @throws DmError NO_SPACE (ENOSPC). */
export function createTree({ transaction, type }: Btree): number {
  const leaf = transaction.allocate(NODE);
  formatLeaf(leaf, type.size);
  return leaf.number;
}

/** Counts the references of a node to its children, or of a leaf's values to what they refer to, once more. */
export function addChildReferences({ transaction }: Btree, type: ValueType, node: Block): void {
  if (isInternal(node))
    eachRun(node, 0, entryCount(node), addressAt, (begin, end) => transaction.space.increment(begin, end));
  else type.addReferences?.(node, entryCount(node));
}
