import { COUNTS_PER_BITMAP } from '../format/bitmap.ts';

/** Small, so that references all over a large device do not take a large page each; sixteen make a bitmap. */
const PER_PAGE = COUNTS_PER_BITMAP / 16;
/** A count of this much or more is kept apart. */
const LARGE = 255;

/**
 * References counted one by one, for devices of any size: a byte a block, and only the parts that are referred to take
 * memory.
 */
export class Tally {
  readonly #pages = new Map<number, Uint8Array>();
  readonly #large = new Map<number, number>();
  #page: Uint8Array | undefined;
  #pageNumber = -1;

  /** Counts one more reference to a block; returns how many there were. */
  add(block: number): number {
    const number = Math.floor(block / PER_PAGE);
    const page = number === this.#pageNumber ? (this.#page as Uint8Array) : this.#open(number);
    const index = block - number * PER_PAGE;
    const count = page[index] as number;
    if (count < LARGE - 1) {
      page[index] = count + 1;
      return count;
    }
    page[index] = LARGE;
    const large = this.#large.get(block) ?? LARGE - 1;
    this.#large.set(block, large + 1);
    return large;
  }

  count(block: number): number {
    const number = Math.floor(block / PER_PAGE);
    const count = this.#pages.get(number)?.[block - number * PER_PAGE] ?? 0;
    return count < LARGE ? count : (this.#large.get(block) as number);
  }

  /** The counts of the blocks that bitmap `number` of a space map counts, 255 for all above; undefined where all are 0. */
  bitmap(number: number): Uint8Array | undefined {
    let counts: Uint8Array | undefined;
    for (let part = 0; part < 16; part++) {
      const page = this.#pages.get(number * 16 + part);
      if (page === undefined) continue;
      counts ??= new Uint8Array(COUNTS_PER_BITMAP);
      counts.set(page, part * PER_PAGE);
    }
    return counts;
  }

  #open(number: number): Uint8Array {
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint8Array(PER_PAGE);
      this.#pages.set(number, page);
    }
    this.#page = page;
    this.#pageNumber = number;
    return page;
  }
}
