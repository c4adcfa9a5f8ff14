import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { DmError } from '@dmthin/domain';
import type { BlockStore } from '@dmthin/ports';

const ZEROES = new Uint8Array(1024 * 1024);

export interface FileStoreOptions {
  /** Makes the file this long where it is shorter, in bytes. */
  readonly size?: number | undefined;
  /** `flush` waits until the bytes are on the disk, for a machine that may lose power; not by default. */
  readonly sync?: boolean | undefined;
}

/**
 * Bytes in a sparse file. Writes go straight to the file, so that they outlive the process however it ends. Node cannot
 * punch holes: a discard cuts the file where it reaches its end, and writes zeros where something was.
 */
export class FileStore implements BlockStore {
  readonly path: string;
  readonly #fd: number;
  readonly #sync: boolean;
  #size: number;
  /** How far the file holds bytes; between this and the size there is a hole. */
  #written: number;

  /** @throws DmError NOT_FOUND, NOT_PERMITTED, NO_SPACE: the file cannot be opened or made that long. */
  constructor(path: string, options: FileStoreOptions = {}) {
    this.path = path;
    this.#sync = options.sync ?? false;
    this.#fd = opened(path);
    const { size } = fstatSync(this.#fd);
    this.#written = size;
    this.#size = size;
    if ((options.size ?? 0) > size) this.resize(options.size ?? 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Makes it larger or smaller; what lies beyond the new end is lost. */
  resize(size: number): void {
    ftruncateSync(this.#fd, size);
    this.#size = size;
    this.#written = Math.min(this.#written, size);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(offset, bytes);
    return bytes;
  }

  /** As `read`, into bytes that are there already. */
  readInto(offset: number, into: Uint8Array): void {
    let done = 0;
    this.#attempt('read', () => {
      for (let count = 1; count > 0 && done < into.length; done += count)
        count = readSync(this.#fd, into, done, into.length - done, offset + done);
    });
    into.fill(0, done);
  }

  write(offset: number, data: Uint8Array): void {
    this.#attempt('write', () => {
      for (let done = 0; done < data.length; )
        done += writeSync(this.#fd, data, done, data.length - done, offset + done);
    });
    this.#written = Math.max(this.#written, offset + data.length);
  }

  discard(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#written);
    if (offset >= end) return;
    if (end < this.#written) {
      this.#zero(offset, end);
      return;
    }
    // Cutting the file and growing it again leaves a hole.
    ftruncateSync(this.#fd, offset);
    ftruncateSync(this.#fd, this.#size);
    this.#written = offset;
  }

  flush(): void {
    if (this.#sync) fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Writes zeros where there are none, so that holes stay holes. */
  #zero(offset: number, end: number): void {
    for (let at = offset; at < end; at += ZEROES.length) {
      const zeroes = ZEROES.subarray(0, Math.min(ZEROES.length, end - at));
      if (Buffer.compare(this.read(at, zeroes.length), zeroes) !== 0) this.write(at, zeroes);
    }
  }

  #attempt(operation: string, access: () => void): void {
    try {
      access();
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      throw new DmError(code === 'ENOSPC' ? 'NO_SPACE' : 'IO', `cannot ${operation} ${this.path}: ${code}`, {
        errno: code === 'ENOSPC' ? 'ENOSPC' : 'EIO',
        operation,
        subject: this.path,
        cause,
      });
    }
  }
}

function opened(path: string): number {
  try {
    // 'a' would write at the end only; 'r+' needs the file, so it is made first.
    closeSync(openSync(path, 'a'));
    return openSync(path, 'r+');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new DmError(
      code === 'ENOENT' ? 'NOT_FOUND' : code === 'ENOSPC' ? 'NO_SPACE' : 'NOT_PERMITTED',
      `cannot open ${path} as a disk: ${code}`,
      { operation: 'open', subject: path, cause },
    );
  }
}
