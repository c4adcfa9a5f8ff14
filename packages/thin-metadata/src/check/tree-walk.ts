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
import type { Tally } from '../space-map/tally.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import type { FaultPlace, Findings } from './fault.ts';
import { NodeTable, type Part } from './node-table.ts';

/** What the checks have in common: where they read, what they count, and where they put what they find. */
export interface CheckContext {
  readonly transaction: TransactionManager;
  /** How many metadata blocks there are. */
  readonly metadataBlocks: number;
  readonly metadata: Tally;
  readonly data: Tally;
  readonly findings: Findings;
}

export interface WalkedTree {
  readonly place: FaultPlace;
  /** What its values are, for people: "mappings". */
  readonly values: string;
  /** In bytes. */
  readonly valueSize: number;
  /** Called for each leaf, once, though several nodes may share it. */
  readonly visit: (leaf: Block) => void;
}

const EMPTY: Part = { entries: 0, height: 0, first: Number.NaN, last: Number.NaN, isWhole: true };
const LOST: Part = { ...EMPTY, isWhole: false };
/** Nodes looked at to tell what is lost: as many as a sound pool has that lost much, not as many as a forged one asks for. */
const TRACED_AT_MOST = 100_000;
const MISLED = 'what is there may not be found, and what is not may be';
const UNSPLITTABLE = 'the kernel may refuse to change the tree, or damage it';

/**
 * Walks a kind of tree whose nodes may be shared between its roots: every reference to a node is counted, and every node
 * is looked at once.
 */
export class TreeWalk {
  readonly #context: CheckContext;
  readonly #tree: WalkedTree;
  readonly #walked = new NodeTable();
  /** The nodes that could not be read, and the faults that say so. */
  readonly #lost = new Map<number, number>();
  readonly #open = new Set<number>();
  #traced = 0;

  constructor(context: CheckContext, tree: WalkedTree) {
    this.#context = context;
    this.#tree = tree;
  }

  /** Whether some of a tree could not be read, so that the counts are too low. */
  get isIncomplete(): boolean {
    return this.#lost.size > 0;
  }

  /** Walks the tree at `root`; returns how many entries its leaves have. */
  walk(root: number): Part {
    return this.#node(root, true, 0);
  }

  /** Calls `visit` for each node below `root` that could not be read, with its fault and the keys `from` to `to` it had. */
  eachLost(root: number, visit: (fault: number, from: number, to: number) => void): void {
    this.#eachLost(root, 0, Number.POSITIVE_INFINITY, 0, visit);
  }

  #eachLost(
    number: number,
    from: number,
    to: number,
    depth: number,
    visit: (fault: number, from: number, to: number) => void,
  ): void {
    const fault = this.#lost.get(number);
    if (fault !== undefined) {
      visit(fault, from, to);
      return;
    }
    if (this.#walked.get(number)?.isWhole !== false || ++this.#traced > TRACED_AT_MOST) return;
    const node = this.#context.transaction.read(number, NODE);
    demandDepth(node, depth);
    const count = entryCount(node);
    for (let index = 0; index < count; index++) {
      const end = index + 1 < count ? keyAt(node, index + 1) : to;
      this.#eachLost(addressAt(node, index), keyAt(node, index), end, depth + 1, visit);
    }
  }

  #node(number: number, isRoot: boolean, depth: number): Part {
    const { metadata, metadataBlocks } = this.#context;
    if (number < metadataBlocks && metadata.add(number) > 0) {
      const known = this.#walked.get(number);
      if (known !== undefined) return known;
    }
    if (this.#lost.has(number)) return LOST;
    if (this.#open.has(number)) return this.#lose(number, 'its tree goes in circles');
    this.#open.add(number);
    const part = this.#examine(number, isRoot, depth);
    this.#open.delete(number);
    if (part !== LOST) this.#walked.set(number, part);
    return part;
  }

  #examine(number: number, isRoot: boolean, depth: number): Part {
    let node: Block;
    try {
      node = this.#context.transaction.read(number, NODE);
      demandDepth(node, depth);
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      return this.#lose(number, error.message);
    }
    const wanted = isInternal(node) ? ADDRESS_SIZE : this.#tree.valueSize;
    if (valueSize(node) !== wanted)
      return this.#lose(number, `it has values of ${valueSize(node)} bytes where its tree has ${wanted}`);
    this.#examineShape(node, isRoot);
    this.#examineOrder(node);
    if (isInternal(node)) return this.#children(node, depth);
    this.#tree.visit(node);
    const count = entryCount(node);
    if (count === 0) return EMPTY;
    return { entries: count, height: 0, first: keyAt(node, 0), last: keyAt(node, count - 1), isWhole: true };
  }

  #children(node: Block, depth: number): Part {
    const count = entryCount(node);
    let entries = 0;
    let height: number | undefined;
    let last = Number.NaN;
    let isWhole = true;
    for (let index = 0; index < count; index++) {
      const child = this.#node(addressAt(node, index), false, depth + 1);
      isWhole &&= child.isWhole;
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
    return { entries, height: (height ?? 0) + 1, first: keyAt(node, 0), last, isWhole };
  }

  #examineShape(node: Block, isRoot: boolean): void {
    const max = maxEntries(node);
    if (isInternal(node) && isLeaf(node))
      this.#report(node.number, 'it says that it is an internal node and a leaf', MISLED);
    if (max !== roomFor(valueSize(node)))
      this.#report(node.number, `it has room for ${max} entries, not ${roomFor(valueSize(node))}`, UNSPLITTABLE);
    const least = isRoot ? (isInternal(node) ? 1 : 0) : Math.max(1, Math.floor(max / 3));
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

  #lose(number: number, finding: string): Part {
    this.#lost.set(number, this.#report(number, finding, `all ${this.#tree.values} below it are lost`));
    return LOST;
  }

  #report(block: number, finding: string, consequence: string): number {
    return this.#context.findings.report(this.#tree.place, block, finding, consequence);
  }
}
