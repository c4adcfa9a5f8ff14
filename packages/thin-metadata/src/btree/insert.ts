import type { Block } from '../format/block.ts';
import {
  addressAt,
  entryCount,
  formatInternal,
  formatLike,
  isInternal,
  keyAt,
  lowerBound,
  maxEntries,
  NODE,
  setEntryCount,
  setKey,
} from '../format/node.ts';
import { type Btree, demandDepth } from './btree.ts';
import { copyEntries, insertChild, insertEntry, setValue } from './node-edit.ts';
import { ShadowSpine } from './shadow-spine.ts';
import { makeRoom } from './split.ts';
import { blockReferences, type ValueType } from './value-type.ts';

/** What an insertion came to: where the tree now begins, and whether the key was not there before. */
export interface Insertion {
  readonly root: number;
  readonly isNew: boolean;
}

/**
 * Sets the value of `key`, given in 32-bit words; what a former value referred to is dropped, unless it is the same.
 * @throws DmError NO_SPACE (ENOSPC); CORRUPT, IO.
 */
export function insert(tree: Btree, root: number, key: number, words: readonly number[]): Insertion {
  const spine = new ShadowSpine(tree);
  const index = descend(tree, spine, root, -1, tree.type, key);
  return { isNew: putValue(tree.type, spine.node, index, key, words), root: spine.root };
}

/** Sets the value of `key` in the tree whose root is the value of `topKey` in a tree of trees. `tree` is the lower kind. */
export function insertBelow(
  tree: Btree,
  topRoot: number,
  topKey: number,
  key: number,
  words: readonly number[],
): Insertion {
  const spine = new ShadowSpine(tree);
  const top = descend(tree, spine, topRoot, -1, blockReferences(tree.transaction), topKey);
  const index = descend(tree, spine, addressAt(spine.node, top), top, tree.type, key);
  return { isNew: putValue(tree.type, spine.node, index, key, words), root: spine.root };
}

/**
 * Goes down to the leaf for `key`, seeing to it that every node on the way has room for one entry more before going
 * below it (btree_insert_raw). Returns the entry where the key is, or would be.
 */
function descend(tree: Btree, spine: ShadowSpine, root: number, from: number, type: ValueType, key: number): number {
  let at = from;
  let number = root;
  for (let depth = 0; ; depth++) {
    spine.step(number, at, type);
    demandDepth(spine.node, depth);
    if (!hasRoom(spine.node, key)) {
      if (depth === 0) splitRoot(tree, spine.node);
      else makeRoom(tree, spine, type, at, key);
    }
    const { node } = spine;
    const below = lowerBound(node, key);
    if (!isInternal(node)) return below >= 0 && keyAt(node, below) === key ? below : below + 1;
    if (below < 0) setKey(node, 0, key);
    at = Math.max(below, 0);
    number = addressAt(node, at);
  }
}

/** Whether the key can be put in without splitting; a full leaf that already holds it is left alone. */
function hasRoom(node: Block, key: number): boolean {
  if (entryCount(node) < maxEntries(node)) return true;
  if (isInternal(node)) return false;
  const index = lowerBound(node, key);
  return index >= 0 && keyAt(node, index) === key;
}

/** Moves the halves of a full root into two new children, so that it stays where it is (btree_split_beneath). */
function splitRoot({ transaction }: Btree, root: Block): void {
  const count = entryCount(root);
  const half = Math.floor(count / 2);
  const left = transaction.allocate(NODE);
  formatLike(left, root);
  moveInto(left, root, 0, half);
  const right = transaction.allocate(NODE);
  formatLike(right, root);
  moveInto(right, root, half, count - half);
  formatInternal(root);
  insertChild(root, 0, keyAt(left, 0), left.number);
  insertChild(root, 1, keyAt(right, 0), right.number);
}

function moveInto(target: Block, source: Block, from: number, count: number): void {
  copyEntries(target, 0, source, from, count);
  setEntryCount(target, count);
}

function putValue(type: ValueType, leaf: Block, index: number, key: number, words: readonly number[]): boolean {
  if (index >= entryCount(leaf) || keyAt(leaf, index) !== key) {
    insertEntry(leaf, index, key, words);
    return true;
  }
  if (type.dropReferences !== undefined && type.refersToSame?.(leaf, index, words) !== true)
    type.dropReferences(leaf, index, 1);
  setValue(leaf, index, words);
  return false;
}
