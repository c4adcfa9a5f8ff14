import { DmError } from '@dmthin/domain';
import { demandDepth } from '../btree/btree.ts';
import type { Block } from '../format/block.ts';
import {
  ADDRESS_SIZE,
  addressAt,
  entryCount,
  isInternal,
  isLeaf,
  keyAt,
  maxEntries,
  NODE,
  roomFor,
  valueSize,
} from '../format/node.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import type { Fault, FaultPlace } from './fault.ts';
import type { Tally } from './tally.ts';

/** What the checks have in common: where they read, what they count, and where they put what they find. */
export interface CheckContext {
  readonly transaction: TransactionManager;
  readonly metadata: Tally;
  readonly data: Tally;
  readonly faults: Fault[];
}

/** What a sound part of a tree comes to. */
interface Part {
  readonly entries: number;
  /** Levels of nodes below this one. */
  readonly height: number;
  readonly first: number;
  readonly last: number;
}

const NOTHING: Part = { entries: 0, height: 0, first: Number.NaN, last: Number.NaN };

export interface WalkedTree {
  readonly place: FaultPlace;
  /** What its values are, for people: "mappings". */
  readonly values: string;
  /** In bytes. */
  readonly valueSize: number;
  /** Called for each leaf, once, though several nodes may share it. */
  readonly visit: (leaf: Block) => void;
}

/**
 * Walks a kind of tree whose nodes may be shared between its roots: every reference to a node is counted, and every node
 * is looked at once.
 */
export class TreeWalk {
  readonly #context: CheckContext;
  readonly #tree: WalkedTree;
  readonly #walked = new Map<number, Part>();
  /** Whether some of a tree could not be read, so that the counts are too low. */
  isIncomplete = false;

  constructor(context: CheckContext, tree: WalkedTree) {
    this.#context = context;
    this.#tree = tree;
  }

  /** Walks the tree at `root`; returns how many entries its leaves have. */
  walk(root: number): number {
    return this.#node(root, true, 0).entries;
  }

  #node(number: number, isRoot: boolean, depth: number): Part {
    if (this.#context.metadata.add(number) > 0) {
      const known = this.#walked.get(number);
      if (known !== undefined) return known;
    }
    const part = this.#examine(number, isRoot, depth);
    this.#walked.set(number, part);
    return part;
  }

  #examine(number: number, isRoot: boolean, depth: number): Part {
    // Known while it is walked, so that a tree that goes in circles ends.
    this.#walked.set(number, NOTHING);
    let node: Block;
    try {
      node = this.#context.transaction.read(number, NODE);
      demandDepth(node, depth);
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      this.isIncomplete = true;
      this.#report(number, error.message, `all ${this.#tree.values} below it are lost`);
      return NOTHING;
    }
    const wanted = isInternal(node) ? ADDRESS_SIZE : this.#tree.valueSize;
    if (valueSize(node) !== wanted) {
      this.isIncomplete = true;
      const finding = `it has values of ${valueSize(node)} bytes where its tree has ${wanted}`;
      this.#report(number, finding, `all ${this.#tree.values} below it are lost`);
      return NOTHING;
    }
    this.#examineShape(node, isRoot);
    this.#examineOrder(node);
    const count = entryCount(node);
    if (isInternal(node)) return this.#children(node, depth);
    this.#tree.visit(node);
    if (count === 0) return NOTHING;
    return { entries: count, height: 0, first: keyAt(node, 0), last: keyAt(node, count - 1) };
  }

  #children(node: Block, depth: number): Part {
    const count = entryCount(node);
    let entries = 0;
    let height: number | undefined;
    let last = Number.NaN;
    for (let index = 0; index < count; index++) {
      const child = this.#node(addressAt(node, index), false, depth + 1);
      if (child.entries === 0) continue;
      entries += child.entries;
      if (height !== undefined && child.height !== height)
        this.#report(node.number, 'its children are not of one height', MISLED);
      height = child.height;
      if (child.first < keyAt(node, index))
        this.#report(node.number, `its key ${keyAt(node, index)} is above the first below it, ${child.first}`, MISLED);
      if (index + 1 < count && child.last >= keyAt(node, index + 1))
        this.#report(
          node.number,
          `its key ${keyAt(node, index + 1)} is not above the one before, ${child.last}`,
          MISLED,
        );
      last = child.last;
    }
    return entries === 0 ? NOTHING : { entries, height: (height ?? 0) + 1, first: keyAt(node, 0), last };
  }

  #examineShape(node: Block, isRoot: boolean): void {
    const max = maxEntries(node);
    if (isInternal(node) && isLeaf(node))
      this.#report(node.number, 'it says that it is an internal node and a leaf', MISLED);
    if (max !== roomFor(valueSize(node)))
      this.#report(node.number, `it has room for ${max} entries, not ${roomFor(valueSize(node))}`, UNSPLITTABLE);
    const least = isRoot ? (isInternal(node) ? 1 : 0) : Math.floor(max / 3);
    if (entryCount(node) < least)
      this.#report(node.number, `it has ${entryCount(node)} entries, fewer than ${least}`, UNSPLITTABLE);
  }

  #examineOrder(node: Block): void {
    const count = entryCount(node);
    for (let index = 1; index < count; index++) {
      if (keyAt(node, index) > keyAt(node, index - 1)) continue;
      this.#report(node.number, `its keys are not in ascending order at entry ${index}`, MISLED);
      return;
    }
  }

  #report(block: number, finding: string, consequence: string): void {
    this.#context.faults.push({ place: this.#tree.place, block, finding, consequence });
  }
}

const MISLED = 'what is there may not be found, and what is not may be';
const UNSPLITTABLE = 'the kernel may refuse to change the tree, or damage it';
