/** A pool's data blocks are 64 KiB. */
export const BLOCK_SECTORS = 128;
export const DATA_BLOCKS = 4096;
/** Of each thin device, in data blocks: more mappings than a leaf of the tree holds. */
export const THIN_BLOCKS = 320;

/** The files that a pool lives in. */
export interface PoolFiles {
  readonly metadata: string;
  readonly data: string;
}

/** Block I/O on a thin device, in bytes. */
export interface ThinIo {
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
  discard(offset: number, length: number): void;
}

/** A kernel that has the pool up. Disposing of it takes the pool down, with its last commit. */
export interface PoolSide extends AsyncDisposable {
  message(text: string): Promise<void>;
  /** The pool's status line, after a commit. */
  status(): Promise<string>;
  /** Brings a thin device up while `use` runs. */
  withThin(id: number, use: (device: ThinIo) => void): Promise<void>;
}
