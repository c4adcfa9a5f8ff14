import { DmError } from '@dmthin/domain';

const BLOCK = 4096;

/** A device that counts which blocks were written, and can be full. */
export class MemoryDevice {
  size: number;
  /** Blocks written since this was cleared. */
  readonly written: Set<number> = new Set();
  readonly discarded: Set<number> = new Set();
  /** Writes that still succeed. */
  writesLeft: number = Number.POSITIVE_INFINITY;
  failsToFlush = false;
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(size: number) {
    this.size = size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += BLOCK) {
      const block = this.#blocks.get((offset + at) / BLOCK);
      if (block !== undefined) bytes.set(block.subarray(0, Math.min(BLOCK, length - at)), at);
    }
    return bytes;
  }

  write(offset: number, data: Uint8Array): void {
    if (this.writesLeft-- <= 0) throw new DmError('NO_SPACE', 'the pool is full', { errno: 'ENOSPC' });
    for (let at = 0; at < data.length; at += BLOCK) {
      this.#blocks.set((offset + at) / BLOCK, data.slice(at, at + BLOCK));
      this.written.add((offset + at) / BLOCK);
    }
  }

  discard(offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += BLOCK) {
      this.#blocks.delete(at / BLOCK);
      this.discarded.add(at / BLOCK);
    }
  }

  flush(): void {
    if (this.failsToFlush) throw new DmError('IO', 'the flush failed', { errno: 'EIO' });
  }
}
