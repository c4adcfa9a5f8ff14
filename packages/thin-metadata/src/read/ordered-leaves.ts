import type { Btree } from '../btree/btree.ts';
import { demandDepth } from '../btree/btree.ts';
import { readNode } from '../btree/lookup.ts';
import { unsound } from '../btree/node-edit.ts';
import type { Block } from '../format/block.ts';
import { addressAt, entryCount, isInternal, keyAt } from '../format/node.ts';
import { itemsOf, type Steps } from './steps.ts';

/** Every leaf of a tree from the lowest key to the highest, as `walkLeaves` comes to them. @throws DmError CORRUPT, IO. */
export function orderedLeaves(tree: Btree, root: number): Generator<Block> {
  return itemsOf(walkLeaves(tree, root));
}

/**
 * Goes to every leaf of a tree from the lowest key to the highest, each of them looked at before it is handed out: its
 * keys ascend, and go on where the leaf before ended. So no node is met twice, and a forged tree ends where it contradicts
 * itself. `isWanted` says of each node whether it is to be looked at; none is whose keys are all below `from`.
 * @throws DmError CORRUPT, IO.
 */
export function* walkLeaves(
  tree: Btree,
  root: number,
  { from = 0, isWanted = () => true }: { from?: number | undefined; isWanted?: (node: number) => boolean } = {},
): Steps<Block> {
  yield* below(tree, root, { last: -1, isWanted, from }, 0);
}

interface Progress {
  last: number;
  readonly isWanted: (node: number) => boolean;
  readonly from: number;
}

function* below(tree: Btree, number: number, progress: Progress, depth: number): Steps<Block> {
  if (!progress.isWanted(number)) return;
  yield number;
  const node = readNode(tree, number);
  const count = entryCount(node);
  if (count === 0 && (depth > 0 || isInternal(node))) throw unsound(node, 'it has no entries');
  if (!isInternal(node)) {
    for (let index = 0; index < count; index++) {
      const key = keyAt(node, index);
      if (key <= progress.last) throw unsound(node, `its key ${key} comes behind ${progress.last}`);
      progress.last = key;
    }
    yield node;
    return;
  }
  demandDepth(node, depth);
  for (let index = 0; index < count; index++) {
    if (keyAt(node, index) <= progress.last)
      throw unsound(node, `its key ${keyAt(node, index)} comes behind ${progress.last}`);
    if (index + 1 < count && keyAt(node, index + 1) <= progress.from) continue;
    yield* below(tree, addressAt(node, index), progress, depth + 1);
  }
}
