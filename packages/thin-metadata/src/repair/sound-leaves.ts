import { DmError } from '@dmthin/domain';
import type { Btree } from '../btree/btree.ts';
import { readNode } from '../btree/lookup.ts';
import type { Block } from '../format/block.ts';
import { addressAt, entryCount, isInternal, keyAt } from '../format/node.ts';

/** What a walk of a damaged tree came by. */
export interface Salvage {
  /** Nodes that could not be used; what lies below them is unknown. */
  lostNodes: number;
}

/**
 * The leaves of a damaged tree that can still be used, lowest key first: those that can be read, and whose keys ascend and
 * go on where the leaf before ended. No node is looked at twice, so that this ends whatever the tree says.
 */
export function* soundLeaves(tree: Btree, root: number, salvage: Salvage): Generator<Block> {
  const seen = new Set<number>();
  const waiting = [root];
  let last = -1;
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const node = seen.has(number) ? undefined : tryRead(tree, number);
    seen.add(number);
    if (node === undefined || !isAscending(node, last)) {
      salvage.lostNodes++;
      continue;
    }
    const count = entryCount(node);
    if (!isInternal(node)) {
      if (count > 0) last = keyAt(node, count - 1);
      yield node;
    } else for (let index = count - 1; index >= 0; index--) waiting.push(addressAt(node, index));
  }
}

function tryRead(tree: Btree, number: number): Block | undefined {
  try {
    return readNode(tree, number);
  } catch (error) {
    if (!(error instanceof DmError)) throw error;
    return undefined;
  }
}

function isAscending(node: Block, last: number): boolean {
  const count = entryCount(node);
  // Of an internal node only what lies below it has to go on: its own key may be too low.
  let before = isInternal(node) ? -1 : last;
  for (let index = 0; index < count; index++) {
    const key = keyAt(node, index);
    if (!(key > before)) return false;
    before = key;
  }
  return true;
}
