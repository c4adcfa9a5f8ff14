import type { RawPath } from '../path/raw-path.ts';

export type TarEntryType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** A time as file systems keep it. */
export interface Timestamp {
  /** Since 1970-01-01T00:00:00Z; may be negative. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** What a tar says of one file, whatever header formats it is said in. */
export interface TarEntry {
  /** As the archive has it: directories may or may not end in a slash. */
  readonly path: RawPath;
  readonly type: TarEntryType;
  /** Permission bits, with setuid, setgid and sticky; no type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** How many bytes of content follow; 0 for all but files. */
  readonly size: number;
  readonly modified: Timestamp;
  /** What a link or symlink points to; empty for all others. */
  readonly linkPath: RawPath;
  /** Of a device; 0 for all others. */
  readonly major: number;
  readonly minor: number;
  /** Extended attributes (`SCHILY.xattr.*` in PAX). */
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

/** Tars are written in blocks of 512 bytes. */
export const TAR_BLOCK = 512;

/** How many zero bytes follow `size` bytes of content. */
export function paddingAfter(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}
