import { lstatSync } from 'node:fs';
import type { InodeKind } from '../disk-format/inode.ts';
import { kindOfMode } from '../disk-format/inode-record.ts';
import { systemErrno } from '../error/host-error.ts';
import { type BytePath, fsPath } from './byte-path.ts';

/** What is remembered of a real file to see later whether it changed. Times in nanoseconds. */
export interface FileFacts {
  readonly kind: InodeKind;
  /** The file's inode number on the real file system, and when it came into being: together, which file it is. */
  readonly ino: bigint;
  readonly birth: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly rdev: bigint;
  /** When this was looked at. */
  readonly seen: bigint;
}

/** What is at `path` now, links not followed; undefined where nothing is, or nothing a filesystem could keep. */
export function lookAt(path: BytePath): FileFacts | undefined {
  try {
    const seen = BigInt(Date.now()) * 1_000_000n;
    const found = lstatSync(fsPath(path), { bigint: true });
    const mode = Number(found.mode);
    const kind = kindOfMode(mode);
    if (kind === undefined) return undefined;
    return {
      kind,
      ino: found.ino,
      birth: found.birthtimeNs,
      mode: mode & 0o7777,
      uid: Number(found.uid),
      gid: Number(found.gid),
      size: Number(found.size),
      mtime: found.mtimeNs,
      ctime: found.ctimeNs,
      rdev: found.rdev,
      seen,
    };
  } catch (error) {
    if (systemErrno(error) === 'ENOENT' || systemErrno(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function isSameFile(one: FileFacts, other: FileFacts): boolean {
  return one.ino === other.ino && one.birth === other.birth && one.kind === other.kind;
}

/**
 * Whether the content of a file may have changed between two looks. Where change times advance in steps, a change within
 * one step of the first look leaves the same times (git calls such a file racily clean), so a file that had just changed
 * then counts as changed. `step` in nanoseconds.
 */
export function mayDiffer(before: FileFacts, now: FileFacts, step: bigint): boolean {
  return (
    before.size !== now.size ||
    before.mtime !== now.mtime ||
    before.ctime !== now.ctime ||
    (step > 0n && before.ctime + step > before.seen)
  );
}

/** Major and minor of `st_rdev` (glibc's gnu_dev_major and gnu_dev_minor). */
export function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xffff_f000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffff_ff00n)),
  };
}
