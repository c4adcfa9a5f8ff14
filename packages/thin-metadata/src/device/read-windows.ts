import { DmError } from '@dmthin/domain';
import { BLOCK_SIZE } from '../format/block.ts';

const WINDOWS = 16;
const BLOCKS_PER_WINDOW = 64;
const BYTES_PER_WINDOW = BLOCKS_PER_WINDOW * BLOCK_SIZE;
/** A read this close behind the one before goes on with it: nodes of one tree lie together, but not without gaps. */
const NEAR = 16;

interface Window {
  readonly memory: Uint8Array;
  first: number;
  count: number;
  lastUsed: number;
}

/**
 * Reads blocks a few at a time: the more, the longer the reads have gone on in order, and one only where they jump about.
 */
export class ReadWindows {
  static readonly BYTES: number = WINDOWS * BYTES_PER_WINDOW;
  readonly #windows: readonly Window[];
  readonly #nrBlocks: number;
  readonly #load: (block: number, into: Uint8Array) => void;
  #current: Window;
  #ahead = 1;
  #next = 0;
  #clock = 0;

  /** `memory` has BYTES bytes; `load` fills `into` from `block` on, or throws. */
  constructor(memory: Uint8Array, nrBlocks: number, load: (block: number, into: Uint8Array) => void) {
    this.#windows = Array.from({ length: WINDOWS }, (_, index) => ({
      memory: memory.subarray(index * BYTES_PER_WINDOW, (index + 1) * BYTES_PER_WINDOW),
      first: 0,
      count: 0,
      lastUsed: 0,
    }));
    this.#current = this.#windows[0] as Window;
    this.#nrBlocks = nrBlocks;
    this.#load = load;
  }

  /** @throws DmError IO (EIO): no such block, or what `load` throws. */
  read(block: number): Uint8Array {
    if (!(block >= 0 && block < this.#nrBlocks)) throw beyond(block, this.#nrBlocks);
    if (!holds(this.#current, block))
      this.#current = this.#windows.find((window) => holds(window, block)) ?? this.#fill(block);
    const { memory, first } = this.#current;
    const begin = (block - first) * BLOCK_SIZE;
    return memory.subarray(begin, begin + BLOCK_SIZE);
  }

  /** Forgets a block that is about to change. */
  forget(block: number): void {
    for (const window of this.#windows) if (holds(window, block)) window.count = 0;
  }

  #fill(block: number): Window {
    const isNear = block >= this.#next && block < this.#next + NEAR;
    this.#ahead = isNear ? Math.min(BLOCKS_PER_WINDOW, this.#ahead * 4) : 1;
    const window = this.#windows.reduce((oldest, one) => (one.lastUsed < oldest.lastUsed ? one : oldest));
    const count = Math.min(this.#ahead, this.#nrBlocks - block);
    window.count = 0;
    this.#load(block, window.memory.subarray(0, count * BLOCK_SIZE));
    window.first = block;
    window.count = count;
    window.lastUsed = ++this.#clock;
    this.#next = block + count;
    return window;
  }
}

function holds({ first, count }: Window, block: number): boolean {
  return block >= first && block < first + count;
}

function beyond(block: number, end: number): DmError {
  return new DmError('IO', `cannot read metadata block ${block}: the device ends after ${end} blocks`, {
    errno: 'EIO',
    operation: 'read',
    subject: `metadata block ${block}`,
  });
}
