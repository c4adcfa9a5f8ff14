import { addressAt, entryCount, isInternal } from '../format/node.ts';
import { type Btree, demandDepth } from './btree.ts';
import { readNode } from './lookup.ts';

/**
 * Drops one reference to a tree. A node that others share only loses that one; the last reference takes its children,
 * or what its values refer to, along (dm_btree_del).
 */
export function destroyTree(tree: Btree, root: number, depth = 0): void {
  const { space } = tree.transaction;
  if (space.count(root) > 1) {
    space.decrement(root, root + 1);
    return;
  }
  const node = readNode(tree, root);
  demandDepth(node, depth);
  const count = entryCount(node);
  if (isInternal(node))
    for (let index = 0; index < count; index++) destroyTree(tree, addressAt(node, index), depth + 1);
  else tree.type.dropReferences?.(node, 0, count);
  space.decrement(root, root + 1);
}
