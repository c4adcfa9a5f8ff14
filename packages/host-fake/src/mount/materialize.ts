import {
  chmodSync,
  closeSync,
  fchmodSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { DmError } from '@dmthin/domain';
import type { DiskFilesystem } from '../disk-format/disk-filesystem.ts';
import type { Inode } from '../disk-format/inode.ts';
import { ROOT_INODE } from '../disk-format/layout.ts';
import { asHostError, systemErrno } from '../error/host-error.ts';
import { Baseline } from './baseline.ts';
import { type BytePath, childPath, fsPath, shownPath } from './byte-path.ts';
import { lookAt } from './file-facts.ts';
import type { FileTimes } from './file-times.ts';
import { makeSpecialFile } from './special-file.ts';
import type { TimeSlice } from './time-slice.ts';

/** Writes all of a filesystem as real files into the empty directory `root`. Resolves to what is there then. */
export async function materialize(
  filesystem: DiskFilesystem,
  root: BytePath,
  times: FileTimes,
  slice: TimeSlice,
): Promise<Baseline> {
  const writer = new TreeWriter(filesystem, times, slice);
  try {
    await writer.fill(root, ROOT_INODE);
    await writer.finish();
  } catch (error) {
    throw asHostError('mount', shownPath(root), error);
  }
  return writer.baseline;
}

class TreeWriter {
  readonly baseline: Baseline = new Baseline();
  readonly #filesystem: DiskFilesystem;
  readonly #times: FileTimes;
  readonly #slice: TimeSlice;
  /** The first path of each inode that is no directory. */
  readonly #paths = new Map<number, BytePath>();
  /** Parents before children. */
  readonly #directories: [path: BytePath, number: number][] = [];

  constructor(filesystem: DiskFilesystem, times: FileTimes, slice: TimeSlice) {
    this.#filesystem = filesystem;
    this.#times = times;
    this.#slice = slice;
  }

  async fill(path: BytePath, number: number): Promise<void> {
    this.#directories.push([path, number]);
    for (const [name, child] of this.#filesystem.directory(this.#filesystem.inode(number))) {
      await this.#slice.breathe();
      const inode = this.#filesystem.inode(child);
      const childAt = childPath(path, name);
      if (inode.kind === 'directory') {
        mkdirSync(fsPath(childAt), 0o700);
        await this.fill(childAt, child);
      } else if (!(await this.#place(childAt, child, inode))) this.baseline.hide(number, name, child);
    }
  }

  /** Modes and times of directories last, as filling them needs the one and changes the other; then looks at it all. */
  async finish(): Promise<void> {
    for (const [path, number] of this.#directories.toReversed()) {
      await this.#slice.breathe();
      const inode = this.#filesystem.inode(number);
      this.#own(path, inode);
      this.#remember(path, number);
      this.#times.set(path, inode.mtime);
      chmodSync(fsPath(path), inode.mode);
    }
    for (const [number, path] of this.#paths) {
      await this.#slice.breathe();
      this.#remember(path, number);
    }
    // Under their final modes, only now that all below have been looked at.
    for (const [path, number] of this.#directories) this.#remember(path, number);
  }

  /** Whether the file could be made. */
  async #place(path: BytePath, number: number, inode: Inode): Promise<boolean> {
    const first = this.#paths.get(number);
    if (first !== undefined) linkSync(fsPath(first), fsPath(path));
    else if (inode.kind === 'file') await this.#writeFile(path, inode);
    else if (!(await this.#makeOther(path, inode))) return false;
    if (first === undefined) this.#paths.set(number, path);
    return true;
  }

  async #writeFile(path: BytePath, inode: Inode): Promise<void> {
    const fd = openSync(fsPath(path), 'wx', 0o600);
    try {
      let end = 0;
      for (const { offset, data } of this.#filesystem.pieces(inode.content)) {
        for (let done = 0; done < data.length; ) done += writeSync(fd, data, done, data.length - done, offset + done);
        end = offset + data.length;
        await this.#slice.breathe();
      }
      if (end !== inode.content.size) ftruncateSync(fd, inode.content.size);
      // The owner first: giving a file away takes its setuid bit.
      this.#own(path, inode);
      fchmodSync(fd, inode.mode);
      const seconds = this.#times.secondsOf(inode.mtime);
      futimesSync(fd, seconds, seconds);
    } finally {
      closeSync(fd);
    }
  }

  async #makeOther(path: BytePath, inode: Inode): Promise<boolean> {
    try {
      if (inode.kind === 'symlink') symlinkSync(Buffer.from(this.#filesystem.readAll(inode.content)), fsPath(path));
      else if (inode.kind === 'character' || inode.kind === 'block' || inode.kind === 'fifo')
        await makeSpecialFile(path, { ...inode, type: inode.kind });
      else return false;
    } catch (error) {
      if (DmError.is(error, 'NOT_PERMITTED', 'NOT_SUPPORTED') || systemErrno(error) === 'EPERM') return false;
      throw error;
    }
    this.#own(path, inode);
    if (inode.kind !== 'symlink') chmodSync(fsPath(path), inode.mode);
    this.#times.set(path, inode.mtime);
    return true;
  }

  #own(path: BytePath, { uid, gid }: Inode): void {
    if (process.platform === 'win32') return;
    try {
      lchownSync(fsPath(path), uid, gid);
    } catch (error) {
      // The owner stays in the inode; EINVAL: an id that this user namespace does not have.
      if (systemErrno(error) !== 'EPERM' && systemErrno(error) !== 'EINVAL') throw error;
    }
  }

  #remember(path: BytePath, inode: number): void {
    const facts = lookAt(path);
    if (facts !== undefined) this.baseline.files.set(facts.ino, { inode, facts });
  }
}
