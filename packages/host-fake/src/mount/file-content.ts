import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { DiskDevice } from '../disk-format/disk-filesystem.ts';
import type { DiskTransaction } from '../disk-format/disk-transaction.ts';
import { appendExtent, type Content, type Extent, NO_CONTENT } from '../disk-format/inode.ts';
import { BLOCK_SIZE, MAX_INLINE } from '../disk-format/layout.ts';
import { type BytePath, fsPath } from './byte-path.ts';
import type { TimeSlice } from './time-slice.ts';

const CHUNK_BLOCKS = 256;
const CHUNK = CHUNK_BLOCKS * BLOCK_SIZE;
const ZEROS = Buffer.alloc(BLOCK_SIZE);

/**
 * Takes over the content of the real file at `path`. Blocks that are as in `before` stay where they are, those that are
 * all zero become holes, only the others are written. Resolves to `before` itself where nothing changed.
 * @throws DmError NO_SPACE, IO; Node.js errors of the real file.
 */
export async function writeContent(
  path: BytePath,
  before: Content,
  device: DiskDevice,
  transaction: DiskTransaction,
  slice: TimeSlice,
): Promise<Content> {
  const fd = openSync(fsPath(path), 'r');
  try {
    const { size } = fstatSync(fd);
    if (size <= MAX_INLINE) return shortContent(fd, size, before, transaction);
    const writer = new ContentWriter(before, device, transaction);
    const buffer = Buffer.alloc(Math.min(CHUNK, Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE));
    let offset = 0;
    for (let length = CHUNK; length === CHUNK; offset += length) {
      length = fill(fd, buffer, offset);
      // What lies behind the end of the file in its last block is zero.
      buffer.fill(0, length);
      writer.add(offset / BLOCK_SIZE, buffer.subarray(0, Math.ceil(length / BLOCK_SIZE) * BLOCK_SIZE));
      await slice.breathe();
    }
    return writer.finish(offset);
  } finally {
    closeSync(fd);
  }
}

function shortContent(fd: number, size: number, before: Content, transaction: DiskTransaction): Content {
  const bytes = Buffer.alloc(size);
  const inline = Uint8Array.from(bytes.subarray(0, fill(fd, bytes, 0)));
  if (before.size === inline.length && Buffer.compare(before.inline ?? NOTHING, inline) === 0) return before;
  transaction.releaseContent(before);
  return inline.length === 0 ? NO_CONTENT : { size: inline.length, inline, extents: [] };
}

const NOTHING = new Uint8Array(0);

/** Reads up to a buffer full. */
function fill(fd: number, buffer: Buffer, offset: number): number {
  let length = 0;
  for (let count = 1; count > 0 && length < buffer.length; length += count)
    count = readSync(fd, buffer, length, buffer.length - length, offset + length);
  return length;
}

/** Compares a file's blocks with those it had, in ascending order, and writes what changed. */
class ContentWriter {
  readonly #before: Content;
  readonly #device: DiskDevice;
  readonly #transaction: DiskTransaction;
  readonly #extents: Extent[] = [];
  /** The first of the old extents that may reach into what comes next. */
  #next = 0;
  #isChanged = false;

  constructor(before: Content, device: DiskDevice, transaction: DiskTransaction) {
    this.#before = before;
    this.#device = device;
    this.#transaction = transaction;
  }

  /** Whole blocks of the file from `first` on. */
  add(first: number, data: Buffer): void {
    const count = data.length / BLOCK_SIZE;
    const { physical, content } = this.#old(first, count);
    let fresh = 0;
    for (let index = 0; index < count; index++) {
      const at = index * BLOCK_SIZE;
      const old = physical[index] ?? 0;
      const isZero = data.compare(ZEROS, 0, BLOCK_SIZE, at, at + BLOCK_SIZE) === 0;
      const isKept = old !== 0 && data.compare(content, at, at + BLOCK_SIZE, at, at + BLOCK_SIZE) === 0;
      if (isKept || isZero) {
        this.#write(first, data, fresh, index);
        fresh = index + 1;
      }
      if (isKept) appendExtent(this.#extents, first + index, old, 1);
      else if (old !== 0) {
        this.#transaction.release(old, 1);
        this.#isChanged = true;
      }
    }
    this.#write(first, data, fresh, count);
  }

  finish(size: number): Content {
    const end = Math.ceil(size / BLOCK_SIZE);
    for (const { logical, physical, count } of this.#before.extents) {
      const kept = Math.max(0, Math.min(count, end - logical));
      if (kept < count) {
        this.#transaction.release(physical + kept, count - kept);
        this.#isChanged = true;
      }
    }
    const isSame = !this.#isChanged && size === this.#before.size && this.#before.inline === undefined;
    return isSame ? this.#before : { size, extents: this.#isChanged ? this.#extents : this.#sameExtents() };
  }

  /** Kept as they are where only the size changed, so that what overflows the record need not be written again. */
  #sameExtents(): readonly Extent[] {
    return this.#before.inline === undefined ? this.#before.extents : this.#extents;
  }

  #write(first: number, data: Buffer, from: number, to: number): void {
    if (from >= to) return;
    this.#isChanged = true;
    const part = data.subarray(from * BLOCK_SIZE, to * BLOCK_SIZE);
    for (const { logical, physical, count } of this.#transaction.writeBlocks(first + from, part, 'data'))
      appendExtent(this.#extents, logical, physical, count);
  }

  /** Where the old blocks are, 0 for a hole, and what is in them. */
  #old(first: number, count: number): { readonly physical: Uint32Array; readonly content: Buffer } {
    const physical = new Uint32Array(count);
    const { extents } = this.#before;
    let content: Buffer = NO_BYTES;
    for (; this.#next < extents.length; this.#next++) {
      const extent = extents[this.#next] as Extent;
      const start = Math.max(first, extent.logical);
      const end = Math.min(first + count, extent.logical + extent.count);
      if (start < end) {
        if (content.length === 0) content = Buffer.alloc(count * BLOCK_SIZE);
        const from = extent.physical + start - extent.logical;
        content.set(this.#device.read(from * BLOCK_SIZE, (end - start) * BLOCK_SIZE), (start - first) * BLOCK_SIZE);
        for (let block = start; block < end; block++) physical[block - first] = from + block - start;
      }
      // One that goes on behind this part is looked at again for the next.
      if (extent.logical + extent.count > first + count) break;
    }
    return { physical, content };
  }
}

const NO_BYTES = Buffer.alloc(0);
