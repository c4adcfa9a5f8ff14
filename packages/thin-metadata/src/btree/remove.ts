import { addressAt, entryCount, isInternal, keyAt, lowerBound } from '../format/node.ts';
import { type Btree, demandDepth } from './btree.ts';
import { deleteEntry, unsound } from './node-edit.ts';
import { rebalanceChildren } from './rebalance.ts';
import { ShadowSpine } from './shadow-spine.ts';

/**
 * Removes a key that is there, and drops what its value referred to. Returns where the tree now begins.
 * @throws DmError CORRUPT: the key is not there. NO_SPACE (ENOSPC), IO.
 */
export function remove(tree: Btree, root: number, key: number): number {
  const spine = new ShadowSpine(tree);
  const index = descend(tree, spine, root, key);
  const { node } = spine;
  if (index === undefined || index < 0 || keyAt(node, index) !== key)
    throw unsound(node, `key ${key}, which should be removed, is not there`);
  tree.type.dropReferences?.(node, index, 1);
  deleteEntry(node, index);
  return spine.root;
}

/** What removing a run of keys came to. */
export interface RunRemoval {
  readonly root: number;
  readonly removed: number;
  /** One more than the last key removed. */
  readonly next: number;
}

/**
 * Removes keys from `first` on, as long as the next one there is found by going down to the one before it, and below
 * `end` (dm_btree_remove_leaves): so at least a first key that is there. The last attempt, which removes nothing,
 * rebalances its way down all the same; used metadata shows it.
 */
export function removeRun(tree: Btree, from: number, first: number, end: number): RunRemoval {
  let root = from;
  let next = first;
  for (let removed = 0; ; removed++) {
    const spine = new ShadowSpine(tree);
    const below = descend(tree, spine, root, next);
    root = spine.root;
    if (below === undefined) return { root, removed, next };
    const { node } = spine;
    const index = Math.max(below, 0);
    if (index >= entryCount(node)) return { root, removed, next };
    const key = keyAt(node, index);
    if (key < next || key >= end) return { root, removed, next };
    tree.type.dropReferences?.(node, index, 1);
    deleteEntry(node, index);
    next = key + 1;
  }
}

/**
 * Goes down to the leaf for `key`, rebalancing the children of every node on the way. Returns the last entry whose key
 * is `key` or less, -1 where all are more; undefined where it could go no further since all keys are more.
 */
function descend(tree: Btree, spine: ShadowSpine, root: number, key: number): number | undefined {
  let number = root;
  let at = 0;
  for (let depth = 0; ; depth++) {
    spine.step(number, at, tree.type);
    const { node } = spine;
    demandDepth(node, depth);
    if (!isInternal(node)) return lowerBound(node, key);
    if (!rebalanceChildren(tree, node, key)) return undefined;
    // A node with a single child has taken that child's place, and may be a leaf now.
    at = lowerBound(node, key);
    if (!isInternal(node)) return at;
    if (at < 0) throw unsound(node, `key ${key} lies below its keys`);
    number = addressAt(node, at);
  }
}
