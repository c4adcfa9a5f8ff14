import type { BlockStore } from '@dmthin/ports';
import { hostError } from '../error/host-error.ts';

/** A file as a store of bytes. */
export interface FileBackedStore extends BlockStore {
  /** Takes over a size that the file was given since. */
  resize?(size: number): void;
  /** Called when the loop device goes. */
  close?(): void;
}

const SECTOR = 512;

/** A file as a loop device shows it: as large as the file was when its size was last asked for, in whole sectors. */
export class LoopStore implements BlockStore {
  readonly #path: string;
  readonly #backing: FileBackedStore;
  readonly #readOnly: boolean;
  #size: number;

  constructor(path: string, backing: FileBackedStore, readOnly: boolean) {
    this.#path = path;
    this.#backing = backing;
    this.#readOnly = readOnly;
    this.#size = wholeSectors(backing.size);
  }

  get size(): number {
    return this.#size;
  }

  resize(size: number): void {
    if (this.#backing.size !== size) this.#backing.resize?.(size);
    this.#size = wholeSectors(size);
  }

  read(offset: number, length: number): Uint8Array {
    return this.#backing.read(offset, length);
  }

  write(offset: number, data: Uint8Array): void {
    this.#assertWritable('write');
    this.#backing.write(offset, data);
  }

  discard(offset: number, length: number): void {
    this.#assertWritable('discard');
    this.#backing.discard(offset, length);
  }

  flush(): void {
    this.#backing.flush();
  }

  close(): void {
    this.#backing.close?.();
  }

  #assertWritable(operation: string): void {
    if (this.#readOnly) throw hostError(operation, this.#path, 'EPERM', 'it is attached read-only');
  }
}

function wholeSectors(size: number): number {
  return Math.floor(size / SECTOR) * SECTOR;
}
