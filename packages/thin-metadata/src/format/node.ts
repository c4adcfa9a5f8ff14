import { BLOCK_SIZE, type Block, type BlockKind } from './block.ts';
import { getU64, setU64 } from './u64.ts';

// struct node_header (drivers/md/persistent-data/dm-btree-internal.h)
const FLAGS = 4;
const ENTRIES = 16;
const MAX_ENTRIES = 20;
const VALUE_SIZE = 24;
const KEYS = 32;
const KEY_SIZE = 8;

const INTERNAL = 1;
const LEAF = 2;

/** Bytes of a child's address in an internal node, and of a root in a leaf of roots. */
export const ADDRESS_SIZE = 8;

/** A btree node: a block that holds `entryCount` ascending keys and, after room for all keys, their values. */
export const NODE: BlockKind = {
  name: 'btree node',
  salt: 121_107,
  examine: (node) => {
    const max = maxEntries(node);
    if (KEYS + (KEY_SIZE + valueSize(node)) * max > BLOCK_SIZE) return `${max} entries do not fit a block`;
    if (entryCount(node) > max) return `it has ${entryCount(node)} entries, more than ${max}`;
    if (!isInternal(node) && !isLeaf(node)) return 'it is neither internal nor a leaf';
    return undefined;
  },
};

/** How many entries a node has room for: a multiple of three, for splitting two into three (calc_max_entries). */
export function roomFor(size: number): number {
  return 3 * Math.floor(Math.floor((BLOCK_SIZE - KEYS) / (KEY_SIZE + size)) / 3);
}

export function isInternal({ view }: Block): boolean {
  return (view.getUint32(FLAGS, true) & INTERNAL) !== 0;
}

export function isLeaf({ view }: Block): boolean {
  return (view.getUint32(FLAGS, true) & LEAF) !== 0;
}

export function entryCount({ view }: Block): number {
  return view.getUint32(ENTRIES, true);
}

export function setEntryCount({ view }: Block, count: number): void {
  view.setUint32(ENTRIES, count, true);
}

export function maxEntries({ view }: Block): number {
  return view.getUint32(MAX_ENTRIES, true);
}

/** In bytes. */
export function valueSize({ view }: Block): number {
  return view.getUint32(VALUE_SIZE, true);
}

export function keyAt({ view }: Block, index: number): number {
  return getU64(view, KEYS + KEY_SIZE * index);
}

export function setKey({ view }: Block, index: number, key: number): void {
  setU64(view, KEYS + KEY_SIZE * index, key);
}

/** Where in the block the key of entry `index` begins. */
export function keyOffset(index: number): number {
  return KEYS + KEY_SIZE * index;
}

/** Where in the block the value of entry `index` begins. */
export function valueOffset(node: Block, index: number): number {
  return KEYS + KEY_SIZE * maxEntries(node) + valueSize(node) * index;
}

/** The address in entry `index`: a child of an internal node, or a root in a leaf of roots. */
export function addressAt(node: Block, index: number): number {
  return getU64(node.view, KEYS + KEY_SIZE * maxEntries(node) + ADDRESS_SIZE * index);
}

export function setAddress(node: Block, index: number, address: number): void {
  setU64(node.view, KEYS + KEY_SIZE * maxEntries(node) + ADDRESS_SIZE * index, address);
}

/** The last entry whose key is `key` or less; -1 where there is none. */
export function lowerBound(node: Block, key: number): number {
  const { view } = node;
  let low = -1;
  let high = entryCount(node);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const found = getU64(view, KEYS + KEY_SIZE * middle);
    if (found === key) return middle;
    if (found < key) low = middle;
    else high = middle;
  }
  return low;
}

/** Makes `node`, all zeros, an empty leaf. */
export function formatLeaf({ view }: Block, size: number): void {
  view.setUint32(FLAGS, LEAF, true);
  view.setUint32(MAX_ENTRIES, roomFor(size), true);
  view.setUint32(VALUE_SIZE, size, true);
}

/** Makes `node`, all zeros, an empty node of the same shape as `model`. */
export function formatLike({ view }: Block, model: Block): void {
  view.setUint32(FLAGS, model.view.getUint32(FLAGS, true), true);
  view.setUint32(MAX_ENTRIES, maxEntries(model), true);
  view.setUint32(VALUE_SIZE, valueSize(model), true);
}

/** Makes `node` an internal node without entries. */
export function formatInternal({ view }: Block): void {
  view.setUint32(FLAGS, INTERNAL, true);
  view.setUint32(ENTRIES, 0, true);
  view.setUint32(MAX_ENTRIES, roomFor(ADDRESS_SIZE), true);
  view.setUint32(VALUE_SIZE, ADDRESS_SIZE, true);
}
