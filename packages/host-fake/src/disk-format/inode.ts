export type InodeKind = 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';

/** A run of blocks of a file: `count` blocks from block `logical` of the file lie at `physical` of the device. */
export interface Extent {
  readonly logical: number;
  readonly physical: number;
  readonly count: number;
}

/**
 * What a file, directory or symbolic link holds: short ones within their record, others in extents by ascending
 * `logical`. What no extent covers reads as zero.
 */
export interface Content {
  readonly size: number;
  readonly inline?: Uint8Array | undefined;
  readonly extents: readonly Extent[];
}

export interface Inode {
  readonly kind: InodeKind;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Of a character or block device. */
  readonly major: number;
  readonly minor: number;
  readonly content: Content;
  /** Extended attributes by name. */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
  /** Where extents and attributes lie that the record has no room for. */
  readonly overflow: Overflow | undefined;
}

/** A chain of blocks: each begins with the number of the next, 0 for the last. */
export interface Overflow {
  readonly blocks: readonly number[];
  /** How many bytes it holds in all. */
  readonly length: number;
  readonly checksum: number;
}

export const NO_CONTENT: Content = { size: 0, extents: [] };
export const NO_ATTRIBUTES: ReadonlyMap<string, Uint8Array> = new Map();

/** Adds a run at the end of a list of extents, joined to the last where it goes on there. */
export function appendExtent(extents: Extent[], logical: number, physical: number, count: number): void {
  const last = extents.at(-1);
  if (last !== undefined && last.logical + last.count === logical && last.physical + last.count === physical)
    extents[extents.length - 1] = { ...last, count: last.count + count };
  else extents.push({ logical, physical, count });
}
