import { shiftEntries } from '../btree/node-edit.ts';
import { Block } from '../format/block.ts';
import {
  entryCount,
  formatInternal,
  formatLeaf,
  keyAt,
  maxEntries,
  NODE,
  setEntryCount,
  setKey,
  valueOffset,
} from '../format/node.ts';
import { setU64 } from '../format/u64.ts';
import type { BlockSequence } from './block-sequence.ts';

/** Builds a btree from keys in ascending order, its nodes as full as they can be: one block is written a node. */
export class TreeBuilder {
  readonly #level: Level;

  /** `valueSize` in bytes. */
  constructor(blocks: BlockSequence, valueSize: number) {
    this.#level = new Level(blocks, (node) => formatLeaf(node, valueSize));
  }

  /** Where the values of the leaf lie that `add` works on; another one after each call of it. */
  get view(): DataView {
    return this.#level.view;
  }

  /** Adds a key above all others; returns where in `view` its value is to be written. */
  add(key: number): number {
    return this.#level.add(key);
  }

  /** Writes what is left. Returns the root. */
  finish(): number {
    return this.#level.finish();
  }
}

/** The nodes of one height: the last one, the one before, and above them the level of those that are written. */
class Level {
  readonly #blocks: BlockSequence;
  readonly #format: (node: Block) => void;
  #node: Block;
  /** A full node that waits for the next: the last two share their entries, so that none is too empty. */
  #before: Block | undefined;
  #spare: Block | undefined;
  #above: Level | undefined;

  constructor(blocks: BlockSequence, format: (node: Block) => void) {
    this.#blocks = blocks;
    this.#format = format;
    this.#node = this.#blank();
  }

  get view(): DataView {
    return this.#node.view;
  }

  add(key: number): number {
    if (entryCount(this.#node) === maxEntries(this.#node)) this.#turn();
    const node = this.#node;
    const index = entryCount(node);
    setEntryCount(node, index + 1);
    setKey(node, index, key);
    return valueOffset(node, index);
  }

  finish(): number {
    const before = this.#before;
    if (before === undefined) return this.#blocks.append(NODE, this.#node);
    shiftEntries(before, this.#node, Math.max(0, (entryCount(before) - entryCount(this.#node)) >> 1));
    this.#write(before);
    return this.#write(this.#node).finish();
  }

  #turn(): void {
    const written = this.#before;
    if (written !== undefined) this.#write(written);
    this.#before = this.#node;
    this.#spare = written;
    this.#node = this.#blank();
  }

  #write(node: Block): Level {
    const first = keyAt(node, 0);
    const number = this.#blocks.append(NODE, node);
    this.#above ??= new Level(this.#blocks, formatInternal);
    const at = this.#above.add(first);
    setU64(this.#above.view, at, number);
    return this.#above;
  }

  #blank(): Block {
    const node = this.#spare ?? new Block(0, NODE);
    this.#spare = undefined;
    node.bytes.fill(0);
    this.#format(node);
    return node;
  }
}
