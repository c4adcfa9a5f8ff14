import type { FileBackedStore } from '@dmthin/host-fake';

const SECTOR = 512;
const BLOCK = 4096;

/**
 * A disk with a write cache: what was not flushed is lost in a power cut, or half of it is, in any order. It can lose
 * its power between any two of them.
 */
export class VolatileStore implements FileBackedStore {
  readonly size: number;
  #current: Uint8Array;
  #durable: Uint8Array;
  /** Sectors written since the last flush. */
  #dirty = new Set<number>();
  #accessesLeft = Number.POSITIVE_INFINITY;

  constructor(size: number) {
    this.size = size;
    this.#current = new Uint8Array(size);
    this.#durable = new Uint8Array(size);
  }

  /** The power goes at the write or flush after so many more. */
  cutAfter(accesses: number): void {
    this.#accessesLeft = accesses;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#current.slice(offset, offset + length);
  }

  write(offset: number, data: Uint8Array): void {
    if (this.#accessesLeft-- <= 0) throw new Error('the power is gone');
    this.#current.set(data, offset);
    for (let at = offset; at < offset + data.length; at += SECTOR) this.#dirty.add(at);
  }

  discard(offset: number, length: number): void {
    this.write(offset, new Uint8Array(length));
  }

  flush(): void {
    if (this.#accessesLeft-- <= 0) throw new Error('the power is gone');
    for (const at of this.#dirty) this.#durable.set(this.#current.subarray(at, at + SECTOR), at);
    this.#dirty.clear();
  }

  /**
   * The power comes back. Of what was not flushed, those blocks are there that `random` (0 to 1) is below a half for;
   * of one in eight of them only the first sectors.
   */
  restart(random: () => number): void {
    const blocks = new Map<number, number[]>();
    for (const at of this.#dirty) {
      const block = Math.floor(at / BLOCK);
      blocks.set(block, [...(blocks.get(block) ?? []), at]);
    }
    for (const sectors of blocks.values()) {
      if (random() > 0.5) continue;
      const kept = random() > 0.125 ? sectors : sectors.slice(0, Math.floor(sectors.length / 2));
      for (const at of kept) this.#durable.set(this.#current.subarray(at, at + SECTOR), at);
    }
    this.#dirty.clear();
    this.#current = this.#durable.slice();
    this.#accessesLeft = Number.POSITIVE_INFINITY;
  }
}
