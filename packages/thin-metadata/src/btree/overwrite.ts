import type { Block } from '../format/block.ts';
import { addressAt, isInternal, keyAt, lowerBound } from '../format/node.ts';
import { type Btree, demandDepth } from './btree.ts';
import { unsound } from './node-edit.ts';
import { ShadowSpine } from './shadow-spine.ts';

/**
 * Goes down to the leaf that holds `key`, to change its value in place (btree_get_overwrite_leaf).
 * @throws DmError CORRUPT: the key is not there. NO_SPACE (ENOSPC), IO.
 */
export function overwriteLeaf(tree: Btree, root: number, key: number): { readonly root: number; readonly leaf: Block } {
  const spine = new ShadowSpine(tree);
  let number = root;
  let index = -1;
  for (let depth = 0; ; depth++) {
    spine.step(number, index, tree.type);
    const { node } = spine;
    demandDepth(node, depth);
    index = lowerBound(node, key);
    if (index < 0) throw unsound(node, `key ${key} is not there`);
    if (!isInternal(node)) {
      if (keyAt(node, index) !== key) throw unsound(node, `key ${key} is not there`);
      return { root: spine.root, leaf: node };
    }
    number = addressAt(node, index);
  }
}
