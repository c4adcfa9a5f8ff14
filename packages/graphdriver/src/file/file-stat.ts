import { type BigIntStats, lstat } from 'node:fs';
import type { DeviceNumber } from '@dmthin/domain';
import { hostPath, type RawPath } from '../path/raw-path.ts';
import { errnoOf, fileError } from './file-error.ts';

export type FileType = 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';

/** What lstat(2) says, as far as layers are concerned; links are not followed. */
export interface FileStat {
  readonly type: FileType;
  /** Permission bits, with setuid, setgid and sticky. */
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  /** Of a device; 0:0 for all others. */
  readonly major: number;
  readonly minor: number;
  readonly inode: bigint;
  readonly device: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
}

/** undefined: there is no such file. @throws DmError whatever else lstat meets. */
export function statFile(path: RawPath): Promise<FileStat | undefined> {
  return new Promise((resolve, reject) => {
    // The callback form takes half the time of the promise form, and a diff is little else.
    lstat(hostPath(path), { bigint: true }, (error, stats) => {
      if (error === null) resolve(fileStatOf(stats));
      else if (errnoOf(error) === 'ENOENT') resolve(undefined);
      else reject(fileError(error, 'stat', path));
    });
  });
}

export function fileStatOf(stats: BigIntStats): FileStat {
  const type = typeOf(Number(stats.mode));
  const isDevice = type === 'character' || type === 'block';
  return {
    type,
    permissions: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    links: Number(stats.nlink),
    ...(isDevice ? deviceNumberOf(stats.rdev) : { major: 0, minor: 0 }),
    inode: stats.ino,
    device: stats.dev,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
  };
}

const TYPES: ReadonlyMap<number, FileType> = new Map([
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o020000, 'character'],
  [0o060000, 'block'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
]);

const typeOf = (mode: number): FileType => TYPES.get(mode & 0o170000) ?? 'file';

/** A dev_t taken apart (gnu_dev_major and gnu_dev_minor of sys/sysmacros.h). */
export function deviceNumberOf(device: bigint): DeviceNumber {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}
