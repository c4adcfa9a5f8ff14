import { close, closeSync, constants, open, openSync, read, readSync } from 'node:fs';

/** The most that a record has ever needed is far below one such piece. */
const PIECE = 1024;
// No pipe may hold up the thread pool. Windows has no such flag.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** In milliseconds: what a read from the page cache stays far below. */
const SLOW = 1;
/** So many may be slow by chance, on a busy machine, and one more for every so many that were not. */
const CHANCES = 8;
const EARNED = 1 / 50;

/**
 * Reads whole small files, up to a limit. From the page cache a file is here sooner than a thread of the pool can be asked
 * for it: 10,000 records take a third of the time. Where reads turn out to wait for a disk, all others go to the pool.
 */
export function fileReader(): (path: string | Buffer, limit: number) => Promise<Buffer> {
  let chances = CHANCES;
  return async (path, limit) => {
    if (chances < 1) return readInPool(path, limit);
    const start = performance.now();
    try {
      return readHere(path, limit);
    } finally {
      const isSlow = performance.now() - start > SLOW;
      chances = isSlow ? chances - 1 : Math.min(CHANCES, chances + EARNED);
    }
  };
}

function readHere(path: string | Buffer, limit: number): Buffer {
  const descriptor = openSync(path, READ);
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, limit - length));
      const count = readSync(descriptor, piece, 0, piece.length, null);
      pieces.push(piece.subarray(0, count));
      length += count;
      if (count < piece.length || length >= limit) return joined(pieces);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Three calls a file; `readFile` of node:fs/promises takes four times as long for files as small as these. */
function readInPool(path: string | Buffer, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    open(path, READ, (fault, descriptor) => {
      if (fault !== null) return reject(fault);
      const pieces: Buffer[] = [];
      const end = (error: Error | null): void =>
        close(descriptor, () => (error === null ? resolve(joined(pieces)) : reject(error)));
      const next = (length: number): void => {
        const piece = Buffer.allocUnsafe(Math.min(PIECE, limit - length));
        read(descriptor, piece, 0, piece.length, null, (error, count) => {
          if (error !== null) return end(error);
          pieces.push(piece.subarray(0, count));
          if (count < piece.length || length + count >= limit) return end(null);
          next(length + count);
        });
      };
      next(0);
    });
  });
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}
