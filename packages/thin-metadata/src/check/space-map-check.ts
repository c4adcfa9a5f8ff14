import { DmError } from '@dmthin/domain';
import { BITMAP, COUNTS_PER_BITMAP, countAt, OVERFLOW } from '../format/bitmap.ts';
import { type BitmapEntry, decodeBitmapEntry } from '../format/bitmap-entry.ts';
import type { Block } from '../format/block.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';
import type { SpaceMapRoot } from '../format/superblock.ts';
import { OVERFLOW_COUNT_SIZE } from '../space-map/reference-counts.ts';
import type { Tally } from '../space-map/tally.ts';
import type { Fault, FaultPlace } from './fault.ts';
import { type CheckContext, TreeWalk } from './tree-walk.ts';

const OVERWRITTEN = 'a block in use may be handed out again, and overwritten';
const UNCLEAR = 'it may be referred to by what could not be read';
const LEAKED = 'the space is lost until the pool is repaired';
const MINOR = { severity: 'minor' } as const;
const NOTE = { severity: 'note' } as const;
const MISCOUNTED = 'the pool shows a wrong amount of free space';

/** A space map as it was read, its own blocks counted, to be compared with what was counted of all trees. */
export interface SpaceMapCheck {
  readonly isIncomplete: boolean;
  /** Compares, and reports. What seems leaked is no more than a note where some tree could not be read. */
  compare(expected: Tally, canLeak: boolean): void;
}

/** Reads a space map and counts the metadata blocks it is made of. `entries` lists its bitmaps. */
export function readSpaceMap(
  context: CheckContext,
  place: FaultPlace,
  root: SpaceMapRoot,
  entries: ReadonlyMap<number, BitmapEntry>,
): SpaceMapCheck {
  const overflow = new Map<number, number>();
  const walk = new TreeWalk(context, {
    place,
    values: 'reference counts',
    valueSize: OVERFLOW_COUNT_SIZE,
    visit: (leaf) => eachEntry(leaf, (key, offset) => overflow.set(key, leaf.view.getUint32(offset, true))),
  });
  walk.walk(root.overflowRoot);
  for (const { bitmap } of entries.values()) if (bitmap < context.metadataBlocks) context.metadata.add(bitmap);
  const check = new Comparison(context, place, root, entries, overflow);
  return {
    isIncomplete: walk.isIncomplete,
    compare: (expected, canLeak) => check.run(expected, canLeak && !walk.isIncomplete),
  };
}

/** Calls `visit` for each entry of a leaf, with its key and where its value begins. */
export function eachEntry(leaf: Block, visit: (key: number, offset: number) => void): void {
  const count = entryCount(leaf);
  for (let index = 0; index < count; index++) visit(keyAt(leaf, index), valueOffset(leaf, index));
}

export function bitmapEntries(leaf: Block, into: Map<number, BitmapEntry>): void {
  eachEntry(leaf, (key, offset) => into.set(key, decodeBitmapEntry(leaf.view, offset)));
}

/** A run of blocks whose counts are wrong in the same way. */
interface Run {
  readonly begin: number;
  end: number;
  readonly actual: number;
  readonly expected: number;
}

class Comparison {
  readonly #context: CheckContext;
  readonly #place: FaultPlace;
  readonly #root: SpaceMapRoot;
  readonly #entries: ReadonlyMap<number, BitmapEntry>;
  readonly #overflow: Map<number, number>;
  #run: Run | undefined;
  #canLeak = true;
  #allocated = 0;

  constructor(
    context: CheckContext,
    place: FaultPlace,
    root: SpaceMapRoot,
    entries: ReadonlyMap<number, BitmapEntry>,
    overflow: Map<number, number>,
  ) {
    this.#context = context;
    this.#place = place;
    this.#root = root;
    this.#entries = entries;
    this.#overflow = overflow;
  }

  run(expected: Tally, canLeak: boolean): void {
    this.#canLeak = canLeak;
    const wanted = Math.ceil(this.#root.blocks / COUNTS_PER_BITMAP);
    let isWhole = this.#entries.size === wanted;
    if (!isWhole) this.#report(undefined, `it has ${this.#entries.size} bitmaps, not ${wanted}`, OVERWRITTEN);
    for (const [number, entry] of this.#entries) {
      if (number >= wanted) continue;
      if (!this.#bitmap(number, entry, expected)) isWhole = false;
    }
    this.#flush();
    for (const block of this.#overflow.keys())
      this.#report(
        block,
        `block ${block} is in the tree of counts of three and more, but its bitmap says less`,
        LEAKED,
        MINOR,
      );
    if (isWhole && this.#allocated !== this.#root.allocated)
      this.#report(
        undefined,
        `it says that ${this.#root.allocated} blocks are taken, where ${this.#allocated} are`,
        MISCOUNTED,
        NOTE,
      );
  }

  /** False where the bitmap cannot be read. */
  #bitmap(number: number, entry: BitmapEntry, expected: Tally): boolean {
    let bitmap: Block;
    try {
      bitmap = this.#context.transaction.read(entry.bitmap, BITMAP);
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      const consequence = `the reference counts of ${COUNTS_PER_BITMAP} blocks are lost`;
      this.#report(entry.bitmap, error.message, consequence);
      return false;
    }
    const base = number * COUNTS_PER_BITMAP;
    const page = expected.bitmap(number);
    let taken = 0;
    let firstFree = COUNTS_PER_BITMAP;
    for (let index = 0; index < COUNTS_PER_BITMAP; index++) {
      const bits = countAt(bitmap, index);
      if (bits > 0) taken++;
      else if (firstFree === COUNTS_PER_BITMAP) firstFree = index;
      const wanted = page?.[index] ?? 0;
      if (bits !== wanted || bits === OVERFLOW)
        this.#count(entry, base + index, bits, wanted < OVERFLOW ? wanted : expected.count(base + index));
    }
    this.#allocated += taken;
    const here = Math.min(COUNTS_PER_BITMAP, this.#root.blocks - base);
    // The kernel counts what a short last bitmap could hold as free, thin_restore what there is.
    if (entry.free !== COUNTS_PER_BITMAP - taken && entry.free !== here - taken)
      this.#report(
        entry.bitmap,
        `its index says that ${entry.free} counts are 0, where ${COUNTS_PER_BITMAP - taken} are`,
        MISCOUNTED,
        NOTE,
      );
    if (entry.noneFreeBefore > firstFree)
      this.#report(
        entry.bitmap,
        `its index says that nothing is free before ${entry.noneFreeBefore}, where ${firstFree} is`,
        LEAKED,
        NOTE,
      );
    return true;
  }

  #count({ bitmap }: BitmapEntry, block: number, bits: number, expected: number): void {
    let actual = bits;
    if (bits === OVERFLOW) {
      const stored = this.#overflow.get(block);
      this.#overflow.delete(block);
      if (stored === undefined || stored < OVERFLOW) {
        if (this.#canLeak)
          this.#report(
            bitmap,
            `the count of block ${block} is in the tree of counts of three and more, which has ${stored ?? 'none'}`,
            OVERWRITTEN,
          );
        return;
      }
      actual = stored;
    }
    if (block >= this.#root.blocks && actual > 0)
      this.#report(bitmap, `it counts block ${block}, which is beyond the end of the device`, MISCOUNTED, MINOR);
    else if (actual !== expected) this.#note(block, actual, expected);
  }

  #note(block: number, actual: number, expected: number): void {
    const run = this.#run;
    if (run?.end === block && run.actual === actual && run.expected === expected) {
      run.end++;
      return;
    }
    this.#flush();
    this.#run = { begin: block, end: block + 1, actual, expected };
  }

  #flush(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    const blocks = run.end - run.begin === 1 ? `block ${run.begin}` : `blocks ${run.begin} to ${run.end - 1}`;
    const finding = `${blocks} counted ${run.actual} times, where ${run.expected} refer to it`;
    const range = { blocks: run.end - run.begin, excess: Math.max(0, run.actual - run.expected) };
    if (range.excess > 0 && !this.#canLeak) this.#report(run.begin, finding, UNCLEAR, { ...range, ...NOTE });
    else if (range.excess > 0) this.#report(run.begin, finding, LEAKED, { ...range, ...MINOR });
    else this.#report(run.begin, finding, OVERWRITTEN, range);
  }

  #report(
    block: number | undefined,
    finding: string,
    consequence: string,
    details: Partial<Pick<Fault, 'blocks' | 'excess' | 'severity'>> = {},
  ): void {
    this.#context.findings.report(this.#place, block, finding, consequence, details);
  }
}
