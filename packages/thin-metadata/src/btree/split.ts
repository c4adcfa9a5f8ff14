import type { Block } from '../format/block.ts';
import { addressAt, entryCount, formatLike, keyAt, maxEntries, NODE } from '../format/node.ts';
import type { Btree } from './btree.ts';
import { readNode } from './lookup.ts';
import { adoptKey, insertChild, shiftEntries } from './node-edit.ts';
import { type ShadowSpine, shadowChild } from './shadow-spine.ts';
import type { ValueType } from './value-type.ts';

/** A neighbour with fewer free entries than this is not worth moving entries to (SPACE_THRESHOLD). */
const WORTHWHILE = 8;

/**
 * Makes room in the full node the spine has reached, which is in entry `index` of its parent, and goes on from the node
 * that is now right for `key` (rebalance_or_split). A shared neighbour is left alone: copying it would cost more than
 * it gives.
 */
export function makeRoom(tree: Btree, spine: ShadowSpine, type: ValueType, index: number, key: number): void {
  const parent = spine.parent as Block;
  const last = entryCount(parent) - 1;
  const left = index > 0 ? neighbour(tree, addressAt(parent, index - 1)) : undefined;
  const right = left !== 'roomy' && index < last ? neighbour(tree, addressAt(parent, index + 1)) : undefined;
  // At either end of the parent keys are probably coming in order, and a node split in two fills up sooner.
  const splitsInTwo = left === 'shared' || right === 'shared' || last <= 1 || index === 0 || index === last;
  if (left === 'roomy') evenOutLeft(tree, spine, type, index, key);
  else if (right === 'roomy') evenOutRight(tree, spine, type, index, key);
  else if (splitsInTwo) splitInTwo(tree, spine, index, key);
  else splitTwoInThree(tree, spine, type, index, key);
}

function neighbour(tree: Btree, number: number): 'shared' | 'roomy' | 'full' {
  if (tree.transaction.space.isShared(number)) return 'shared';
  const node = readNode(tree, number);
  return maxEntries(node) - entryCount(node) >= WORTHWHILE ? 'roomy' : 'full';
}

function evenOutLeft(tree: Btree, spine: ShadowSpine, type: ValueType, index: number, key: number): void {
  const parent = spine.parent as Block;
  const left = shadowChild(tree, type, parent, index - 1, addressAt(parent, index - 1));
  const right = spine.node;
  evenOut(left, right);
  adoptKey(parent, index, right);
  if (key < keyAt(right, 0)) spine.node = left;
}

function evenOutRight(tree: Btree, spine: ShadowSpine, type: ValueType, index: number, key: number): void {
  const parent = spine.parent as Block;
  const left = spine.node;
  const right = shadowChild(tree, type, parent, index + 1, addressAt(parent, index + 1));
  evenOut(left, right);
  adoptKey(parent, index + 1, right);
  if (key >= keyAt(right, 0)) spine.node = right;
}

function splitInTwo({ transaction }: Btree, spine: ShadowSpine, index: number, key: number): void {
  const left = spine.node;
  const right = transaction.allocate(NODE);
  formatLike(right, left);
  evenOut(left, right);
  insertChild(spine.parent as Block, index + 1, keyAt(right, 0), right.number);
  if (key >= keyAt(right, 0)) spine.node = right;
}

/** Splits the node and its left neighbour, both full, in three: fuller nodes than halves. */
function splitTwoInThree(tree: Btree, spine: ShadowSpine, type: ValueType, index: number, key: number): void {
  const parent = spine.parent as Block;
  const right = spine.node;
  const left = shadowChild(tree, type, parent, index - 1, addressAt(parent, index - 1));
  const middle = tree.transaction.allocate(NODE);
  formatLike(middle, left);
  spreadOverThree(left, middle, right);
  adoptKey(parent, index, right);
  insertChild(parent, index, keyAt(middle, 0), middle.number);
  if (key < keyAt(middle, 0)) spine.node = left;
  else if (key < keyAt(right, 0)) spine.node = middle;
}

/** The left of two gets half of the entries, rounded down (redistribute2). */
function evenOut(left: Block, right: Block): void {
  const total = entryCount(left) + entryCount(right);
  shiftEntries(left, right, entryCount(left) - Math.floor(total / 2));
}

/** The left gets a third, rounded down, the middle, which is empty, half of the rest, rounded down (redistribute3). */
function spreadOverThree(left: Block, middle: Block, right: Block): void {
  const total = entryCount(left) + entryCount(right);
  const forLeft = Math.floor(total / 3);
  const forMiddle = Math.floor((total - forLeft) / 2);
  const surplus = entryCount(left) - forLeft;
  if (surplus < 0) shiftEntries(left, right, surplus);
  else if (surplus <= forMiddle) shiftEntries(left, middle, surplus);
  else {
    shiftEntries(left, right, surplus - forMiddle);
    shiftEntries(left, middle, forMiddle);
  }
  shiftEntries(middle, right, entryCount(middle) - forMiddle);
}
