import { expect } from 'chai';
import { BLOCK_SECTORS, THIN_BLOCKS, type ThinIo } from './pool-side.ts';

const PAGE = 4096;
const BLOCK_PAGES = (BLOCK_SECTORS * 512) / PAGE;
export const THIN_PAGES: number = THIN_BLOCKS * BLOCK_PAGES;
const READ_PAGES = 256;

/** What a thin device holds: in each page what was written there last, told by a seed, or zeros. */
export class Content {
  readonly #seeds: Map<number, number>;

  constructor(other?: Content) {
    this.#seeds = new Map(other === undefined ? [] : other.#seeds);
  }

  write(device: ThinIo, page: number, count: number, seed: number): void {
    const end = Math.min(THIN_PAGES, page + count);
    for (let at = page; at < end; at++) this.#seeds.set(at, seed);
    device.write(page * PAGE, this.#bytes(page, end));
  }

  /** Only whole blocks of it are discarded. */
  discard(device: ThinIo, page: number, count: number): void {
    const end = Math.min(THIN_PAGES, page + count);
    const first = Math.ceil(page / BLOCK_PAGES) * BLOCK_PAGES;
    for (let at = first; at < Math.floor(end / BLOCK_PAGES) * BLOCK_PAGES; at++) this.#seeds.delete(at);
    device.discard(page * PAGE, (end - page) * PAGE);
  }

  compare(device: ThinIo, what: string): void {
    for (let page = 0; page < THIN_PAGES; page += READ_PAGES) {
      const found = device.read(page * PAGE, READ_PAGES * PAGE);
      const wanted = this.#bytes(page, page + READ_PAGES);
      if (Buffer.compare(found, wanted) === 0) continue;
      const byte = found.findIndex((value, index) => value !== wanted[index]);
      expect(found[byte], `${what}, byte ${page * PAGE + byte}`).to.equal(wanted[byte]);
    }
  }

  #bytes(page: number, end: number): Uint8Array {
    const bytes = new Uint8Array((end - page) * PAGE);
    const words = new Uint32Array(bytes.buffer);
    for (let at = page; at < end; at++) {
      const seed = this.#seeds.get(at);
      if (seed === undefined) continue;
      const first = ((at - page) * PAGE) / 4;
      for (let word = 0; word < PAGE / 4; word++) words[first + word] = Math.imul(seed * 4099 + at, 0x9e37_79b1) + word;
    }
    return bytes;
  }
}
