const PER_PAGE = 1024;

/** What a part of a tree comes to. */
export interface Part {
  readonly entries: number;
  /** Levels of nodes below this one. */
  readonly height: number;
  readonly first: number;
  readonly last: number;
  /** Whether all of it could be read. */
  readonly isWhole: boolean;
}

interface Page {
  /** 0: not seen; else 1 + height, plus WHOLE. */
  readonly states: Uint8Array;
  readonly entries: Float64Array;
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

const WHOLE = 0x80;
const HEIGHT = 0x7f;

/** What is known of the nodes that were walked, by metadata block, in 25 bytes each: a pool has millions of them. */
export class NodeTable {
  readonly #pages = new Map<number, Page>();

  get(block: number): Part | undefined {
    const page = this.#pages.get(Math.floor(block / PER_PAGE));
    const at = block % PER_PAGE;
    const state = page?.states[at] ?? 0;
    if (page === undefined || state === 0) return undefined;
    return {
      entries: page.entries[at] as number,
      height: (state & HEIGHT) - 1,
      first: page.firsts[at] as number,
      last: page.lasts[at] as number,
      isWhole: (state & WHOLE) !== 0,
    };
  }

  set(block: number, part: Part): void {
    const number = Math.floor(block / PER_PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = {
        states: new Uint8Array(PER_PAGE),
        entries: new Float64Array(PER_PAGE),
        firsts: new Float64Array(PER_PAGE),
        lasts: new Float64Array(PER_PAGE),
      };
      this.#pages.set(number, page);
    }
    const at = block % PER_PAGE;
    page.states[at] = (part.isWhole ? WHOLE : 0) | (part.height + 1);
    page.entries[at] = part.entries;
    page.firsts[at] = part.first;
    page.lasts[at] = part.last;
  }
}
