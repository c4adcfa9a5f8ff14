import { DmError } from '@dmthin/domain';
import type { Block } from '../format/block.ts';
import { ADDRESS_SIZE, addressAt, entryCount, isInternal, keyAt, lowerBound, NODE, valueSize } from '../format/node.ts';
import { type Btree, demandDepth } from './btree.ts';

/** Where a key was found: an entry of a leaf. */
export interface Found {
  readonly leaf: Block;
  readonly index: number;
}

/** @throws DmError CORRUPT, IO: a node on the way cannot be read. */
export function lookup(tree: Btree, root: number, key: number): Found | undefined {
  let node = readNode(tree, root);
  for (let depth = 0; ; depth++) {
    const index = lowerBound(node, key);
    if (index < 0) return undefined;
    if (!isInternal(node)) return keyAt(node, index) === key ? { leaf: node, index } : undefined;
    demandDepth(node, depth);
    node = readNode(tree, addressAt(node, index));
  }
}

/** The first entry whose key is `key` or more. */
export function lookupNext(tree: Btree, root: number, key: number, depth = 0): Found | undefined {
  const node = readNode(tree, root);
  const count = entryCount(node);
  const below = lowerBound(node, key);
  if (!isInternal(node)) {
    const index = below >= 0 && keyAt(node, below) === key ? below : below + 1;
    return index < count ? { leaf: node, index } : undefined;
  }
  demandDepth(node, depth);
  // All of one child may lie below the key; the first of the next child does not.
  const first = Math.max(below, 0);
  for (let index = first; index < Math.min(first + 2, count); index++) {
    const found = lookupNext(tree, addressAt(node, index), key, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The highest key; undefined for an empty tree. */
export function highestKey(tree: Btree, root: number): number | undefined {
  let node = readNode(tree, root);
  for (let depth = 0; ; depth++) {
    const last = entryCount(node) - 1;
    if (last < 0) return undefined;
    if (!isInternal(node)) return keyAt(node, last);
    demandDepth(node, depth);
    node = readNode(tree, addressAt(node, last));
  }
}

/** Every leaf from the lowest key to the highest. */
export function* leaves(tree: Btree, root: number, depth = 0): Generator<Block> {
  const node = readNode(tree, root);
  if (!isInternal(node)) {
    yield node;
    return;
  }
  demandDepth(node, depth);
  for (let index = 0; index < entryCount(node); index++) yield* leaves(tree, addressAt(node, index), depth + 1);
}

/**
 * Reads a node and makes sure that its values have the size this tree's have.
 * @throws DmError CORRUPT (ENOTBLK, EILSEQ), IO (EIO).
 */
export function readNode({ transaction, type }: Btree, number: number): Block {
  const node = transaction.read(number, NODE);
  const wanted = isInternal(node) ? ADDRESS_SIZE : type.size;
  if (valueSize(node) === wanted) return node;
  throw new DmError(
    'CORRUPT',
    `the btree node in metadata block ${number} has values of ${valueSize(node)} bytes where its tree has ${wanted}`,
    {
      errno: 'EILSEQ',
      operation: 'read',
      subject: `metadata block ${number}`,
      remedy: 'Take the pool down and check its metadata (thin_check).',
    },
  );
}
