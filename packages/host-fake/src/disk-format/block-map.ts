import { FIRST_FREE_BLOCK, GROUP_BLOCKS } from './layout.ts';

const GROUPS_PER_CHUNK = 2048;
const FULL = 0xffff;

/** A run of blocks on the device. */
export interface BlockRun {
  readonly start: number;
  readonly count: number;
}

/**
 * Which blocks are in use. Groups are filled one after the other: the one begun last, else the lowest with at least half
 * of its blocks free, else the lowest with any. One chunk of groups is kept per 128 MiB that were ever touched.
 */
export class BlockMap {
  #blocks = 0;
  #used = 0;
  /** A bit per block, a word per group. */
  readonly #chunks = new Map<number, Uint16Array>();
  #current = 0;
  /** No group below has half of its blocks, or any block, free. */
  #lowestHalf = 0;
  #lowestAny = 0;

  constructor(blocks: number) {
    this.grow(blocks);
    this.take(0, FIRST_FREE_BLOCK);
    this.#current = FIRST_FREE_BLOCK / GROUP_BLOCKS;
  }

  get blocks(): number {
    return this.#blocks;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.#blocks - this.#used;
  }

  grow(blocks: number): void {
    // Bits beyond the end of the last group count as taken, so that nobody is given them.
    const tail = this.#blocks % GROUP_BLOCKS;
    if (tail !== 0) this.#mask(Math.floor(this.#blocks / GROUP_BLOCKS), FULL & ~((1 << tail) - 1), false);
    this.#blocks = blocks;
    const rest = blocks % GROUP_BLOCKS;
    if (rest !== 0) this.#mask(Math.floor(blocks / GROUP_BLOCKS), FULL & ~((1 << rest) - 1), true);
  }

  isUsed(block: number): boolean {
    return (
      block >= this.#blocks || ((this.#word(Math.floor(block / GROUP_BLOCKS)) >> (block % GROUP_BLOCKS)) & 1) === 1
    );
  }

  /** Marks blocks as used. */
  take(start: number, count: number): void {
    this.#each(start, count, true);
    this.#used += count;
  }

  /** Marks blocks as free. */
  release(start: number, count: number): void {
    this.#each(start, count, false);
    this.#used -= count;
    const group = Math.floor(start / GROUP_BLOCKS);
    this.#lowestHalf = Math.min(this.#lowestHalf, group);
    this.#lowestAny = Math.min(this.#lowestAny, group);
  }

  /** Takes a run of at most `wanted` blocks; undefined where no block is free. */
  allocate(wanted: number): BlockRun | undefined {
    const group = this.#groupToFill();
    if (group === undefined) return undefined;
    this.#current = group;
    let start = group * GROUP_BLOCKS;
    while (this.isUsed(start)) start++;
    let count = 1;
    while (count < wanted && !this.isUsed(start + count)) count++;
    this.take(start, count);
    this.#current = Math.floor((start + count - 1) / GROUP_BLOCKS);
    return { start, count };
  }

  #groupToFill(): number | undefined {
    if (this.#freeIn(this.#current) > 0) return this.#current;
    const groups = Math.ceil(this.#blocks / GROUP_BLOCKS);
    while (this.#lowestHalf < groups && this.#freeIn(this.#lowestHalf) < GROUP_BLOCKS / 2) this.#lowestHalf++;
    if (this.#lowestHalf < groups) return this.#lowestHalf;
    while (this.#lowestAny < groups && this.#freeIn(this.#lowestAny) === 0) this.#lowestAny++;
    return this.#lowestAny < groups ? this.#lowestAny : undefined;
  }

  #freeIn(group: number): number {
    if (group * GROUP_BLOCKS >= this.#blocks) return 0;
    let word = ~this.#word(group) & FULL;
    let free = 0;
    for (; word !== 0; word &= word - 1) free++;
    return free;
  }

  #word(group: number): number {
    return this.#chunks.get(Math.floor(group / GROUPS_PER_CHUNK))?.[group % GROUPS_PER_CHUNK] ?? 0;
  }

  #each(start: number, count: number, used: boolean): void {
    for (let block = start; block < start + count; ) {
      const from = block % GROUP_BLOCKS;
      const length = Math.min(GROUP_BLOCKS - from, start + count - block);
      this.#mask(Math.floor(block / GROUP_BLOCKS), ((1 << length) - 1) << from, used);
      block += length;
    }
  }

  #mask(group: number, bits: number, used: boolean): void {
    const index = Math.floor(group / GROUPS_PER_CHUNK);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = new Uint16Array(GROUPS_PER_CHUNK);
      this.#chunks.set(index, chunk);
    }
    const word = chunk[group % GROUPS_PER_CHUNK] ?? 0;
    chunk[group % GROUPS_PER_CHUNK] = used ? word | bits : word & ~bits;
  }
}
