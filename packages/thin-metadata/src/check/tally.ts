import { COUNTS_PER_BITMAP } from '../format/bitmap.ts';

/** References counted one by one, for devices of any size; only the parts that are referred to take memory. */
export class Tally {
  readonly #pages = new Map<number, Uint32Array>();

  /** Counts one more reference to a block; returns how many there were. */
  add(block: number): number {
    const number = Math.floor(block / COUNTS_PER_BITMAP);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint32Array(COUNTS_PER_BITMAP);
      this.#pages.set(number, page);
    }
    const index = block - number * COUNTS_PER_BITMAP;
    const count = page[index] as number;
    page[index] = count + 1;
    return count;
  }

  /** The counts of the blocks that bitmap `number` of a space map counts; undefined where all are 0. */
  page(number: number): Uint32Array | undefined {
    return this.#pages.get(number);
  }
}
