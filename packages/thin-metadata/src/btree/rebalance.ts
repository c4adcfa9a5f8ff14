import type { Block } from '../format/block.ts';
import { addressAt, entryCount, lowerBound, maxEntries, setEntryCount } from '../format/node.ts';
import { addChildReferences, type Btree } from './btree.ts';
import { readNode } from './lookup.ts';
import { adoptKey, copyEntries, deleteEntry, moveEntries, shiftEntries, unsound } from './node-edit.ts';
import { shadowChild } from './shadow-spine.ts';

/**
 * Sees to it that the child of `node` that `key` leads to can lose an entry, and that no two neighbours could be one
 * node (rebalance_children). False where `key` lies below all keys of the node, which leaves it unchanged.
 */
export function rebalanceChildren(tree: Btree, node: Block, key: number): boolean {
  const count = entryCount(node);
  if (count === 1) {
    takePlaceOfChild(tree, node);
    return true;
  }
  const index = lowerBound(node, key);
  if (index < 0) return false;
  if (index === 0) rebalanceTwo(tree, node, 0);
  else if (index === count - 1) rebalanceTwo(tree, node, index - 1);
  else rebalanceThree(tree, node, index - 1);
  return true;
}

/** A node with a single child becomes that child: the tree is one level lower here. */
function takePlaceOfChild(tree: Btree, node: Block): void {
  const { space } = tree.transaction;
  const number = addressAt(node, 0);
  const isShared = space.isShared(number);
  const child = readNode(tree, number);
  if (isShared) addChildReferences(tree, tree.type, child);
  node.bytes.set(child.bytes);
  space.decrement(number, number + 1);
}

function rebalanceTwo(tree: Btree, parent: Block, index: number): void {
  const left = child(tree, parent, index);
  const right = child(tree, parent, index + 1);
  mergeOrEvenOut(tree, parent, left, right, index + 1);
}

/** Merges two neighbours where each would be left with no more than a third, else evens them out. */
function mergeOrEvenOut(tree: Btree, parent: Block, left: Block, right: Block, rightIndex: number): void {
  const inLeft = entryCount(left);
  const inRight = entryCount(right);
  if (inLeft + inRight < 2 * (third(left) + 1)) {
    copyEntries(left, inLeft, right, 0, inRight);
    setEntryCount(left, inLeft + inRight);
    deleteEntry(parent, rightIndex);
    // Its children are the left node's now, and keep their counts.
    tree.transaction.space.decrement(right.number, right.number + 1);
  } else {
    shiftEntries(left, right, inLeft - Math.floor((inLeft + inRight) / 2));
    adoptKey(parent, rightIndex, right);
  }
}

function rebalanceThree(tree: Btree, parent: Block, index: number): void {
  const left = child(tree, parent, index);
  const centre = child(tree, parent, index + 1);
  const right = child(tree, parent, index + 2);
  if (maxEntries(left) !== maxEntries(centre) || maxEntries(centre) !== maxEntries(right))
    throw unsound(centre, 'its neighbours have room for another number of entries');
  const total = entryCount(left) + entryCount(centre) + entryCount(right);
  if (total < 4 * third(left) + 1) dissolveCentre(tree, parent, left, centre, right, index);
  else spread(parent, left, centre, right, index);
}

/** Empties the centre into the left node as far as it goes, then into the right one (delete_center_node). */
function dissolveCentre(tree: Btree, parent: Block, left: Block, centre: Block, right: Block, leftIndex: number): void {
  const inLeft = entryCount(left);
  const inCentre = entryCount(centre);
  const toLeft = Math.min(maxEntries(left) - inLeft, inCentre);
  copyEntries(left, inLeft, centre, 0, toLeft);
  setEntryCount(left, inLeft + toLeft);
  const toRight = inCentre - toLeft;
  if (toRight > 0) {
    const inRight = entryCount(right);
    if (inRight + toRight > maxEntries(right)) throw unsound(right, `no room for ${toRight} entries of its neighbour`);
    moveEntries(right, toRight, 0, inRight);
    copyEntries(right, 0, centre, toLeft, toRight);
    setEntryCount(right, inRight + toRight);
  }
  adoptKey(parent, leftIndex + 2, right);
  deleteEntry(parent, leftIndex + 1);
  tree.transaction.space.decrement(centre.number, centre.number + 1);
  mergeOrEvenOut(tree, parent, left, right, leftIndex + 1);
}

/** Spreads entries over three nodes: a third to the right, as many to the left, one more where a rest is left. */
function spread(parent: Block, left: Block, centre: Block, right: Block, leftIndex: number): void {
  const total = entryCount(left) + entryCount(centre) + entryCount(right);
  const forRight = Math.floor(total / 3);
  const forLeft = forRight + (forRight * 3 === total ? 0 : 1);
  if (entryCount(left) < entryCount(right)) {
    takeFrom(left, centre, right, entryCount(left) - forLeft);
    shiftEntries(centre, right, forRight - entryCount(right));
  } else {
    giveTo(left, centre, right, forRight - entryCount(right));
    shiftEntries(left, centre, entryCount(left) - forLeft);
  }
  adoptKey(parent, leftIndex + 1, centre);
  adoptKey(parent, leftIndex + 2, right);
}

/** Moves `count` entries out of the left node into the centre; where that is too few for a negative count, from the right too. */
function takeFrom(left: Block, centre: Block, right: Block, count: number): void {
  const inCentre = entryCount(centre);
  if (count < 0 && inCentre < -count) {
    shiftEntries(left, centre, -inCentre);
    shiftEntries(left, right, count + inCentre);
  } else shiftEntries(left, centre, count);
}

/** Moves `count` entries from the centre into the right node; where that is too few, from the left too. */
function giveTo(left: Block, centre: Block, right: Block, count: number): void {
  const inCentre = entryCount(centre);
  if (count > 0 && inCentre < count) {
    shiftEntries(centre, right, inCentre);
    shiftEntries(left, right, count - inCentre);
  } else shiftEntries(centre, right, count);
}

function child(tree: Btree, parent: Block, index: number): Block {
  return shadowChild(tree, tree.type, parent, index, addressAt(parent, index));
}

/** A node with fewer entries than this has to be filled up or merged (merge_threshold). */
function third(node: Block): number {
  return Math.floor(maxEntries(node) / 3);
}
