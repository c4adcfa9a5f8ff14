import { DmError } from '@dmthin/domain';
import type { Block } from '../format/block.ts';
import {
  entryCount,
  keyAt,
  keyOffset,
  maxEntries,
  setAddress,
  setEntryCount,
  setKey,
  valueOffset,
  valueSize,
} from '../format/node.ts';

/** Puts an entry before entry `index`. @throws DmError CORRUPT: the node is full, which a sound tree never lets happen. */
export function insertEntry(node: Block, index: number, key: number, words: readonly number[]): void {
  const count = entryCount(node);
  if (count >= maxEntries(node) || index > count) throw unsound(node, `no room for another entry at ${index}`);
  moveEntries(node, index + 1, index, count - index);
  setKey(node, index, key);
  setValue(node, index, words);
  setEntryCount(node, count + 1);
}

/** Puts a child before entry `index` of an internal node. */
export function insertChild(node: Block, index: number, key: number, address: number): void {
  insertEntry(node, index, key, NO_WORDS);
  setAddress(node, index, address);
}

const NO_WORDS: readonly number[] = [];

/** Overwrites a value, given in 32-bit words. */
export function setValue(node: Block, index: number, words: readonly number[]): void {
  let at = valueOffset(node, index);
  for (const word of words) {
    node.view.setUint32(at, word, true);
    at += 4;
  }
}

export function deleteEntry(node: Block, index: number): void {
  const count = entryCount(node);
  moveEntries(node, index, index + 1, count - index - 1);
  setEntryCount(node, count - 1);
}

/** Moves `count` entries within a node; the ranges may overlap. */
export function moveEntries(node: Block, to: number, from: number, count: number): void {
  if (count <= 0) return;
  const { bytes } = node;
  bytes.copyWithin(keyOffset(to), keyOffset(from), keyOffset(from + count));
  bytes.copyWithin(valueOffset(node, to), valueOffset(node, from), valueOffset(node, from + count));
}

/** Copies `count` entries of `source` into `target`, two nodes of the same shape. */
export function copyEntries(target: Block, to: number, source: Block, from: number, count: number): void {
  if (count <= 0) return;
  if (valueSize(target) !== valueSize(source)) throw unsound(source, 'its neighbour has values of another size');
  if (to + count > maxEntries(target) || from + count > maxEntries(source))
    throw unsound(target, `no room for ${count} entries of its neighbour`);
  target.bytes.set(source.bytes.subarray(keyOffset(from), keyOffset(from + count)), keyOffset(to));
  target.bytes.set(
    source.bytes.subarray(valueOffset(source, from), valueOffset(source, from + count)),
    valueOffset(target, to),
  );
}

/**
 * Moves entries between neighbours: the last `count` of `left` to the front of `right`, or, where `count` is negative,
 * the first of `right` to the end of `left`.
 */
export function shiftEntries(left: Block, right: Block, count: number): void {
  const inLeft = entryCount(left);
  const inRight = entryCount(right);
  const max = maxEntries(left);
  if (max !== maxEntries(right)) throw unsound(right, `it has room for ${maxEntries(right)} entries, not ${max}`);
  if (inLeft - count > max || inRight + count > max || inLeft < count || inRight < -count)
    throw unsound(left, `cannot move ${count} entries to its neighbour`);
  if (count > 0) {
    moveEntries(right, count, 0, inRight);
    copyEntries(right, 0, left, inLeft - count, count);
  } else if (count < 0) {
    copyEntries(left, inLeft, right, 0, -count);
    moveEntries(right, 0, -count, inRight + count);
  }
  setEntryCount(left, inLeft - count);
  setEntryCount(right, inRight + count);
}

/** Writes into `parent` the first key of the child in entry `index`, which is its lower bound. */
export function adoptKey(parent: Block, index: number, child: Block): void {
  setKey(parent, index, keyAt(child, 0));
}

/** The error of a tree that contradicts itself. */
export function unsound(node: Block, what: string): DmError {
  return new DmError('CORRUPT', `the btree node in metadata block ${node.number} does not fit its tree: ${what}`, {
    errno: 'EILSEQ',
    operation: 'update',
    subject: `metadata block ${node.number}`,
    remedy: 'Take the pool down and check its metadata (thin_check).',
  });
}
