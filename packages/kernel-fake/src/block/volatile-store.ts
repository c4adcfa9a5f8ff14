import type { BlockStore } from '@dmthin/ports';

const SECTOR = 512;
const BLOCK = 4096;

/**
 * A disk with a write cache over another store: what was not flushed is lost in a power cut, or half of it is, in any
 * order. Reads see everything at once.
 */
export class VolatileStore implements BlockStore {
  readonly #store: BlockStore & { resize?(size: number): void };
  /** What the disk itself holds of the blocks that were written since the last flush. */
  readonly #durable = new Map<number, Uint8Array>();

  constructor(store: BlockStore & { resize?(size: number): void }) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.size;
  }

  /** Makes it larger or smaller, where the store below can be; that lasts at once. */
  resize(size: number): void {
    for (const at of this.#durable.keys()) if (at >= size) this.#durable.delete(at);
    this.#store.resize?.(size);
  }

  read(offset: number, length: number): Uint8Array {
    return this.#store.read(offset, length);
  }

  write(offset: number, data: Uint8Array): void {
    this.#keep(offset, data.length);
    this.#store.write(offset, data);
  }

  discard(offset: number, length: number): void {
    this.#keep(offset, length);
    this.#store.discard(offset, length);
  }

  flush(): void {
    this.#store.flush();
    this.#durable.clear();
  }

  /**
   * The power goes and comes back. Of what was not flushed, those blocks are there that `random` (0 to 1) is below a half
   * for, one in eight of them with its first sectors only; nothing is there unless it is given.
   */
  cutPower(random: () => number = () => 1): void {
    for (const [at, kept] of this.#durable) {
      const bytes = kept.subarray(0, this.size - at);
      if (random() >= 0.5) this.#store.write(at, bytes);
      else if (random() < 0.125) {
        const half = Math.floor(bytes.length / SECTOR / 2) * SECTOR;
        this.#store.write(at + half, bytes.subarray(half));
      }
    }
    this.flush();
  }

  #keep(offset: number, length: number): void {
    for (let at = offset - (offset % BLOCK); at < offset + length; at += BLOCK)
      if (!this.#durable.has(at)) this.#durable.set(at, this.#store.read(at, Math.min(BLOCK, this.size - at)));
  }
}
