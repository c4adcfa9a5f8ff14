import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { codeOfErrno, DmError, errnoName } from '@dmthin/domain';
import { BLOCK_SIZE } from '../format/block.ts';
import type { MetadataDevice } from './metadata-device.ts';
import { ReadWindows } from './read-windows.ts';

const SECTOR = 512;
/** Blocks written in one go, where they follow one another. */
const WRITE_AT_ONCE = 64;
/** Node has no other memory that lies on a page, as O_DIRECT wants it. */
const WASM_PAGE = 65_536;
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

export interface FileDeviceOptions {
  /** Open it for writing too. */
  readonly write?: boolean | undefined;
  /**
   * A block device may be in use by others: to read what a running pool holds for user space, and nothing else. Without
   * it a device in use is refused (BUSY), since what is read of it would not fit together.
   */
  readonly shared?: boolean | undefined;
}

/**
 * Opens a file or block device that holds a pool's metadata. A block device is read and written past the page cache,
 * which knows nothing of what a kernel's pool writes below it.
 * @throws DmError NOT_FOUND (ENOENT), NOT_PERMITTED (EACCES), BUSY (EBUSY): a running pool has it; INVALID_ARGUMENT: it is
 * neither a file nor a block device; IO (EIO).
 */
export function openMetadataFile(path: string, options: FileDeviceOptions = {}): FileMetadataDevice {
  return FileMetadataDevice.open(path, options);
}

/** Metadata in a file or on a block device; close it. */
export class FileMetadataDevice implements MetadataDevice, Disposable {
  readonly path: string;
  readonly nrBlocks: number;
  readonly #descriptor: number;
  readonly #windows: ReadWindows;
  readonly #pending: Uint8Array;
  /** The blocks that wait in `#pending` to be written. */
  #pendingFrom = 0;
  #pendingCount = 0;

  private constructor(path: string, descriptor: number, nrBlocks: number) {
    this.path = path;
    this.nrBlocks = nrBlocks;
    this.#descriptor = descriptor;
    const pendingBytes = WRITE_AT_ONCE * BLOCK_SIZE;
    const pages = Math.ceil((ReadWindows.BYTES + pendingBytes) / WASM_PAGE);
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#windows = new ReadWindows(new Uint8Array(buffer, 0, ReadWindows.BYTES), nrBlocks, (block, into) =>
      this.#load(block, into),
    );
    this.#pending = new Uint8Array(buffer, ReadWindows.BYTES, pendingBytes);
  }

  static open(path: string, { write, shared }: FileDeviceOptions): FileMetadataDevice {
    return attempt('open', path, () => {
      const access = write === true ? constants.O_RDWR : constants.O_RDONLY;
      let descriptor = openSync(path, access);
      const stat = fstatSync(descriptor);
      if (stat.isBlockDevice()) {
        closeSync(descriptor);
        descriptor = openSync(path, access | constants.O_DIRECT | (shared === true ? 0 : constants.O_EXCL));
        return new FileMetadataDevice(path, descriptor, Math.floor(deviceSize(stat.rdev) / BLOCK_SIZE));
      }
      if (stat.isFile()) return new FileMetadataDevice(path, descriptor, Math.floor(stat.size / BLOCK_SIZE));
      closeSync(descriptor);
      throw new DmError('INVALID_ARGUMENT', `${path} is neither a file nor a block device`, {
        operation: 'open',
        subject: path,
      });
    });
  }

  read(block: number): Uint8Array {
    this.#writePending();
    return this.#windows.read(block);
  }

  write(block: number, bytes: Uint8Array): void {
    const follows = block === this.#pendingFrom + this.#pendingCount;
    if (!follows || this.#pendingCount === WRITE_AT_ONCE) {
      this.#writePending();
      this.#pendingFrom = block;
    }
    this.#windows.forget(block);
    this.#pending.set(bytes, this.#pendingCount * BLOCK_SIZE);
    this.#pendingCount++;
  }

  flush(): void {
    this.#writePending();
    attempt('flush', this.path, () => fsyncSync(this.#descriptor));
  }

  /** Writes what waits to be written, without a flush. */
  close(): void {
    try {
      this.#writePending();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #load(block: number, into: Uint8Array): void {
    const got = attempt('read', this.path, () => readSync(this.#descriptor, into, 0, into.length, block * BLOCK_SIZE));
    if (got < into.length) throw cutShort('read', this.path, block);
  }

  #writePending(): void {
    const length = this.#pendingCount * BLOCK_SIZE;
    if (length === 0) return;
    this.#pendingCount = 0;
    const at = this.#pendingFrom * BLOCK_SIZE;
    const put = attempt('write', this.path, () => writeSync(this.#descriptor, this.#pending, 0, length, at));
    if (put < length) throw cutShort('write', this.path, this.#pendingFrom);
  }
}

/** In bytes. */
function deviceSize(rdev: number): number {
  // The C library's encoding of a device number (gnu_dev_major): twelve bits of major in the middle of the minor.
  const number = BigInt(rdev);
  const major = (number >> 8n) & 0xfffn;
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  return Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * SECTOR;
}

function attempt<T>(operation: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (DmError.is(cause)) throw cause;
    const { errno: value, code = 'EIO' } = cause as NodeJS.ErrnoException;
    const errno = (value === undefined ? undefined : errnoName(-value)) ?? 'EIO';
    throw new DmError(codeOfErrno(errno), `cannot ${operation} ${path}: ${code}`, {
      errno,
      operation,
      subject: path,
      remedy:
        errno === 'EBUSY'
          ? 'A running pool has it: take the pool down, or reserve a metadata snapshot and read that (--metadata-snap).'
          : undefined,
      cause,
    });
  }
}

function cutShort(operation: string, path: string, block: number): DmError {
  return new DmError('IO', `cannot ${operation} metadata block ${block} of ${path}: it ended too early`, {
    errno: 'EIO',
    operation,
    subject: path,
  });
}
