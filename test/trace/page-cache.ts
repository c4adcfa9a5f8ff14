import { DmError, ERRNO, type ErrnoName } from '@dmthin/domain';
import type { BlockHandle } from '@dmthin/ports';

const PAGE = 4096;

/** What a system call came to: a count, or -1 and an errno. */
export interface Outcome {
  readonly ret: number;
  readonly errno: number;
  readonly data?: Uint8Array;
}

export function failed(failure: unknown): Outcome {
  if (!DmError.is(failure) || failure.errno === undefined) throw failure;
  return { ret: -1, errno: ERRNO[failure.errno as ErrnoName] };
}

/**
 * One pwrite and an fsync through the page cache, which works in blocks of the largest power of two up to 4096 that
 * divides the device's size: a block written in part is read first, and all blocks are submitted together.
 */
export function writeThroughCache(handle: BlockHandle, offset: number, data: Uint8Array): Outcome {
  const block = blockSize(handle.size);
  const room = handle.size - offset;
  try {
    // A read-only device refuses any write, also beyond its end.
    handle.write(0, new Uint8Array(0));
    if (data.length === 0) return flushed(handle) ?? { ret: 0, errno: 0 };
    if (room <= 0) return { ret: -1, errno: ERRNO.ENOSPC };
    const kept = data.subarray(0, Math.min(room, data.length));
    const begin = Math.floor(offset / block) * block;
    const end = Math.ceil((offset + kept.length) / block) * block;
    const bytes = new Uint8Array(end - begin);
    if (offset > begin) bytes.set(handle.read(begin, block));
    if (offset + kept.length < end && (offset === begin || end - begin > block))
      bytes.set(handle.read(end - block, block), end - begin - block);
    bytes.set(kept, offset - begin);
    return writeBack(handle, begin, bytes) ?? { ret: kept.length, errno: 0 };
  } catch (failure) {
    return failed(failure);
  }
}

/** What fsync fails with, if it does: EIO for lost pages, whatever lost them, else what the flush fails with. */
function writeBack(handle: BlockHandle, offset: number, bytes: Uint8Array): Outcome | undefined {
  try {
    handle.write(offset, bytes, true);
  } catch (failure) {
    failed(failure);
    return { ret: -1, errno: ERRNO.EIO };
  }
  return flushed(handle);
}

function flushed(handle: BlockHandle): Outcome | undefined {
  try {
    handle.flush();
    return undefined;
  } catch (failure) {
    return failed(failure);
  }
}

/** One pread through an empty page cache: page by page, and what came before a bad page is given. */
export function readThroughCache(handle: BlockHandle, offset: number, length: number): Outcome {
  if (offset >= handle.size) return { ret: 0, errno: 0, data: new Uint8Array(0) };
  const end = Math.min(handle.size, offset + length);
  const data = new Uint8Array(end - offset);
  let done = 0;
  try {
    for (let at = Math.floor(offset / PAGE) * PAGE; at < end; at += PAGE) {
      const page = handle.read(at, Math.min(PAGE, handle.size - at));
      const from = Math.max(0, offset - at);
      const to = Math.min(page.length, end - at);
      data.set(page.subarray(from, to), at + from - offset);
      done = at + to - offset;
    }
  } catch (failure) {
    if (done === 0) return failed(failure);
  }
  return { ret: done, errno: 0, data: data.subarray(0, done) };
}

function blockSize(size: number): number {
  let block = 512;
  while (block < PAGE && size % (block * 2) === 0) block *= 2;
  return block;
}
