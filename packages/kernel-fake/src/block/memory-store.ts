import type { BlockStore } from '@dmthin/ports';

const CHUNK = 64 * 1024;

/** Bytes in memory; takes room only where something was written. */
export class MemoryStore implements BlockStore {
  #size: number;
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** How many bytes of memory it takes. */
  get allocated(): number {
    return this.#chunks.size * CHUNK;
  }

  /** Makes it larger or smaller; what lies beyond the new end is lost. */
  resize(size: number): void {
    if (size < this.#size) this.discard(size, this.#size - size);
    this.#size = size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(offset, bytes);
    return bytes;
  }

  /** As `read`, into bytes that are there already. */
  readInto(offset: number, into: Uint8Array): void {
    for (const [index, within, start, end] of pieces(offset, into.length)) {
      const chunk = this.#chunks.get(index);
      if (chunk === undefined) into.fill(0, start, end);
      else into.set(chunk.subarray(within, within + end - start), start);
    }
  }

  write(offset: number, data: Uint8Array): void {
    for (const [index, within, start, end] of pieces(offset, data.length)) {
      let chunk = this.#chunks.get(index);
      if (chunk === undefined) {
        chunk = new Uint8Array(CHUNK);
        this.#chunks.set(index, chunk);
      }
      chunk.set(start === 0 && end === data.length ? data : data.subarray(start, end), within);
    }
  }

  discard(offset: number, length: number): void {
    const last = Math.floor((offset + length - 1) / CHUNK);
    if (last - Math.floor(offset / CHUNK) > this.#chunks.size) this.#discardSparsely(offset, length);
    else for (const [index, within, start, end] of pieces(offset, length)) this.#clear(index, within, end - start);
  }

  flush(): void {}

  /** A range far larger than what is stored: goes through what is there, not through the range. */
  #discardSparsely(offset: number, length: number): void {
    for (const index of [...this.#chunks.keys()]) {
      const from = Math.max(offset, index * CHUNK);
      const to = Math.min(offset + length, (index + 1) * CHUNK);
      if (from < to) this.#clear(index, from - index * CHUNK, to - from);
    }
  }

  #clear(index: number, within: number, length: number): void {
    if (length === CHUNK) this.#chunks.delete(index);
    else this.#chunks.get(index)?.fill(0, within, within + length);
  }
}

/** Cuts a range at chunk borders: the chunk, where in it, and from where to where in the range. */
function* pieces(offset: number, length: number): Generator<readonly [number, number, number, number]> {
  for (let start = 0; start < length; ) {
    const index = Math.floor((offset + start) / CHUNK);
    const within = offset + start - index * CHUNK;
    const end = Math.min(length, start + CHUNK - within);
    yield [index, within, start, end];
    start = end;
  }
}
