import { DmError } from '../errors/dm-error.ts';
import { MAX_THIN_ID, type ThinId, thinId } from './thin-id.ts';

const PAGE_IDS = 4096;
const WORD_IDS = 32;
const PAGES = (MAX_THIN_ID + 1) / PAGE_IDS;
const FULL_WORD = 0xffff_ffff;

/** The ids of one page: a bit for each, and how many are set. */
interface Page {
  readonly words: Uint32Array;
  used: number;
}

/**
 * Which thin ids of a pool are in use, and which is next. Docker's rule (docker-devicemapper.md 7.1): the one after the
 * last given out, modulo 2^24, or the next free one after that; so a fresh pool begins with 1, and an id that was freed is
 * not used again until all others were.
 *
 * Pages of 4096 ids exist where an id is in use: 100,000 volumes take some 13 KB, and no set takes more than 2 MiB.
 * A full page is passed over in one step, so `take` never looks at more than 4096 pages and one page's words.
 */
export class ThinIdAllocator {
  readonly #pages = new Map<number, Page>();
  #last: number;
  #used = 0;

  /**
   * @param last the last id given out; 0 for a fresh pool.
   * @param inUse ids that volumes, or the pool, are known to have.
   */
  constructor(last: ThinId = thinId(0), inUse: Iterable<ThinId> = []) {
    this.#last = last;
    for (const id of inUse) this.claim(id);
  }

  /** The last id given out, which the pool's record keeps. */
  get last(): ThinId {
    return thinId(this.#last);
  }

  /** How many ids are in use. */
  get used(): number {
    return this.#used;
  }

  /**
   * Gives out the next free id and marks it. Where the pool then says EEXIST, leave it marked and take another.
   * @throws DmError NO_SPACE: all 16,777,216 are in use.
   */
  take(): ThinId {
    const id = this.#freeFrom((this.#last + 1) % (MAX_THIN_ID + 1));
    this.claim(id);
    this.#last = id;
    return id;
  }

  /** Marks an id that is in use already. False where it was marked before: two volumes have one thin id. */
  claim(id: ThinId): boolean {
    if (this.has(id)) return false;
    const page = this.#pages.get(pageOf(id)) ?? { words: new Uint32Array(PAGE_IDS / WORD_IDS), used: 0 };
    this.#pages.set(pageOf(id), page);
    page.words[wordOf(id)] = (page.words[wordOf(id)] ?? 0) | bitOf(id);
    page.used += 1;
    this.#used += 1;
    return true;
  }

  /** Gives an id back, once the pool no longer has it (defect 4). False where it was free. */
  free(id: ThinId): boolean {
    const page = this.#pages.get(pageOf(id));
    if (page === undefined || !this.has(id)) return false;
    page.words[wordOf(id)] = (page.words[wordOf(id)] ?? 0) & ~bitOf(id);
    page.used -= 1;
    this.#used -= 1;
    if (page.used === 0) this.#pages.delete(pageOf(id));
    return true;
  }

  has(id: ThinId): boolean {
    return ((this.#pages.get(pageOf(id))?.words[wordOf(id)] ?? 0) & bitOf(id)) !== 0;
  }

  #freeFrom(start: number): ThinId {
    // The first page comes up twice: from `start` on, and once around, from its beginning.
    for (let step = 0; step <= PAGES; step += 1) {
      const number = (pageOf(start) + step) % PAGES;
      const free = firstFree(this.#pages.get(number), step === 0 ? start % PAGE_IDS : 0);
      if (free !== undefined) return thinId(number * PAGE_IDS + free);
    }
    throw new DmError('NO_SPACE', 'devmapper: Unable to find a free device ID', {
      operation: 'create',
      remedy: `All ${MAX_THIN_ID + 1} thin ids of the pool are in use; remove volumes.`,
    });
  }
}

function firstFree(page: Page | undefined, from: number): number | undefined {
  if (page === undefined) return from;
  if (page.used === PAGE_IDS) return undefined;
  let id = from;
  while (id < PAGE_IDS) {
    const word = page.words[Math.floor(id / WORD_IDS)] ?? 0;
    if (word === FULL_WORD) id += WORD_IDS - (id % WORD_IDS);
    else if ((word & bitOf(id)) !== 0) id += 1;
    else return id;
  }
  return undefined;
}

const pageOf = (id: number): number => Math.floor(id / PAGE_IDS);
const wordOf = (id: number): number => Math.floor((id % PAGE_IDS) / WORD_IDS);
const bitOf = (id: number): number => 1 << (id % WORD_IDS);
