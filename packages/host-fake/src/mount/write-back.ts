import { chmodSync, readlinkSync } from 'node:fs';
import type { Directory } from '../disk-format/directory.ts';
import type { DiskFilesystem } from '../disk-format/disk-filesystem.ts';
import { DiskTransaction, type NewInode } from '../disk-format/disk-transaction.ts';
import { type Content, type Inode, NO_ATTRIBUTES, NO_CONTENT } from '../disk-format/inode.ts';
import { ROOT_INODE } from '../disk-format/layout.ts';
import { systemErrno } from '../error/host-error.ts';
import { Baseline, type KnownFile } from './baseline.ts';
import { fsPath } from './byte-path.ts';
import { writeContent } from './file-content.ts';
import { deviceOf, type FileFacts, isSameFile, lookAt, mayDiffer } from './file-facts.ts';
import type { FileTimes } from './file-times.ts';
import type { FoundFile } from './scan.ts';
import type { TimeSlice } from './time-slice.ts';

/**
 * Brings a filesystem to what its files are now: only what changed is read, and of that only the blocks that differ are
 * written. Files are known by their inodes, so that one that was renamed keeps its blocks; a new file in the place of
 * one that is gone (how most programs save) is compared with that one.
 */
export class WriteBack {
  readonly #filesystem: DiskFilesystem;
  readonly #before: Baseline;
  readonly #after: Baseline;
  readonly #transaction: DiskTransaction;
  readonly #times: FileTimes;
  readonly #slice: TimeSlice;
  /** Inode numbers by the real file's. */
  readonly #numbers = new Map<bigint, number>();
  readonly #written = new Set<number>();

  constructor(filesystem: DiskFilesystem, baseline: Baseline, times: FileTimes, slice: TimeSlice) {
    this.#filesystem = filesystem;
    this.#before = baseline;
    this.#after = new Baseline();
    this.#transaction = new DiskTransaction(filesystem);
    this.#times = times;
    this.#slice = slice;
  }

  /**
   * Resolves to the new baseline and the runs of blocks that are free now.
   * @throws DmError NO_SPACE, IO: the filesystem is as it was. Node.js errors of the real files.
   */
  async run(root: FoundFile): Promise<{ baseline: Baseline; released: ReturnType<DiskTransaction['commit']> }> {
    try {
      this.#numbers.set(root.facts.ino, ROOT_INODE);
      this.#numberKnown(root);
      const alive = new Set(this.#numbers.values());
      this.#keepHidden(alive);
      this.#numberNew(root, alive);
      for (const number of this.#filesystem.inodes.keys()) if (!alive.has(number)) this.#transaction.remove(number);
      await this.#write(root);
      const released = this.#transaction.isEmpty ? [] : this.#transaction.commit();
      return { baseline: this.#after, released };
    } catch (error) {
      this.#transaction.abandon();
      throw error;
    }
  }

  /** Files that were there before keep their numbers, wherever they are now. */
  #numberKnown(directory: FoundFile): void {
    for (const file of directory.children.values()) {
      const known = this.#known(file.facts);
      if (known !== undefined) this.#numbers.set(file.facts.ino, known.inode);
      this.#numberKnown(file);
    }
  }

  /** Hidden entries stay while their directory does and nobody took their name. */
  #keepHidden(alive: Set<number>): void {
    for (const [directory, names] of this.#before.hidden)
      if (alive.has(directory))
        for (const [name, inode] of names) {
          this.#after.hide(directory, name, inode);
          alive.add(inode);
        }
  }

  /** New files take over what was in their place, where that is gone, or get a free number. */
  #numberNew(directory: FoundFile, alive: Set<number>): void {
    const number = this.#numbers.get(directory.facts.ino);
    const names = this.#names(number);
    if (number !== undefined) this.#dropTaken(number, directory, alive);
    for (const [name, file] of directory.children) {
      if (!this.#numbers.has(file.facts.ino)) {
        const replaced = names.get(name);
        const takesOver =
          replaced !== undefined &&
          !alive.has(replaced) &&
          this.#filesystem.inodes.get(replaced)?.kind === file.facts.kind;
        const own = takesOver ? replaced : this.#transaction.freeNumber();
        this.#numbers.set(file.facts.ino, own);
        alive.add(own);
      }
      this.#numberNew(file, alive);
    }
  }

  /** A hidden entry whose name a real file has now is gone. */
  #dropTaken(number: number, directory: FoundFile, alive: Set<number>): void {
    for (const [name, inode] of this.#after.hidden.get(number) ?? [])
      if (directory.children.has(name)) {
        this.#after.hidden.get(number)?.delete(name);
        alive.delete(inode);
      }
  }

  async #write(file: FoundFile): Promise<number> {
    const number = this.#numbers.get(file.facts.ino) as number;
    const entries = new Map(this.#after.hidden.get(number));
    for (const [name, child] of file.children) entries.set(name, await this.#write(child));
    await this.#slice.breathe();
    // A further name of a file that was dealt with under its first.
    if (this.#written.has(number)) return number;
    this.#written.add(number);
    const known = this.#known(file.facts);
    const before = this.#filesystem.inodes.get(number);
    const base = before ?? NEW_INODE;
    const content = await this.#content(file, known, base.content, entries, number);
    const facts = this.#settled(file, known);
    this.#after.files.set(facts.ino, { inode: number, facts });
    const inode = this.#inode(facts, known, base, content);
    if (before === undefined || differ(before, inode)) this.#transaction.set(number, inode);
    return number;
  }

  #inode(facts: FileFacts, known: KnownFile | undefined, before: NewInode, content: Content): NewInode {
    // Where the real file could not be given what the inode says, the inode is right until the real file changes.
    const keep = known?.facts;
    return {
      kind: facts.kind,
      mode: keep?.mode === facts.mode ? before.mode : facts.mode,
      uid: keep?.uid === facts.uid ? before.uid : facts.uid,
      gid: keep?.gid === facts.gid ? before.gid : facts.gid,
      mtime: keep?.mtime === facts.mtime ? before.mtime : facts.mtime,
      ...(facts.kind === 'character' || facts.kind === 'block' ? deviceOf(facts.rdev) : NO_DEVICE),
      content,
      attributes: this.#attributes(facts, known, before),
    };
  }

  #attributes(facts: FileFacts, known: KnownFile | undefined, before: NewInode): Inode['attributes'] {
    const pending = this.#before.pending.get(facts.ino);
    if (pending?.birth === facts.birth) return pending.values.size === 0 ? NO_ATTRIBUTES : pending.values;
    return known === undefined ? NO_ATTRIBUTES : before.attributes;
  }

  async #content(
    { path, facts }: FoundFile,
    known: KnownFile | undefined,
    before: Content,
    entries: Directory,
    number: number,
  ): Promise<Content> {
    switch (facts.kind) {
      case 'directory':
        return sameEntries(entries, this.#names(number)) ? before : this.#transaction.directoryContent(entries, before);
      case 'file':
        if (known !== undefined && !mayDiffer(known.facts, facts, this.#times.step)) return before;
        return readable({ path, facts }, () =>
          writeContent(path, before, this.#filesystem.device, this.#transaction, this.#slice),
        );
      case 'symlink':
        if (known !== undefined && !mayDiffer(known.facts, facts, this.#times.step)) return before;
        return this.#target(path, before);
      default:
        return before;
    }
  }

  #target(path: FoundFile['path'], before: Content): Content {
    const target = Uint8Array.from(readlinkSync(fsPath(path), { encoding: 'buffer' }));
    const isSame = before.size === target.length && Buffer.compare(this.#filesystem.readAll(before), target) === 0;
    return isSame ? before : this.#transaction.smallContent(target, before);
  }

  /** The facts of the file once its time is one that can be kept. */
  #settled({ path, facts }: FoundFile, known: KnownFile | undefined): FileFacts {
    if (known?.facts.mtime === facts.mtime || this.#times.isExact(facts.mtime)) return facts;
    const now = lookAt(path);
    // Somebody is at it: the next write-back will find it changed again.
    if (now === undefined || now.ctime !== facts.ctime || now.mtime !== facts.mtime || now.size !== facts.size)
      return facts;
    this.#times.set(path, facts.mtime);
    const settled = lookAt(path);
    // The mode may be another one while a directory is open to be read.
    return settled === undefined ? facts : { ...settled, mode: facts.mode };
  }

  #known(facts: FileFacts): KnownFile | undefined {
    const known = this.#before.files.get(facts.ino);
    return known !== undefined && isSameFile(known.facts, facts) ? known : undefined;
  }

  #names(number: number | undefined): Directory {
    const inode = number === undefined ? undefined : this.#filesystem.inodes.get(number);
    return inode?.kind === 'directory' ? this.#filesystem.directory(inode) : NO_NAMES;
  }
}

const NO_NAMES: Directory = new Map();
const NO_DEVICE = { major: 0, minor: 0 };
const NEW_INODE: NewInode = {
  kind: 'file',
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: 0n,
  ...NO_DEVICE,
  content: NO_CONTENT,
  attributes: NO_ATTRIBUTES,
};

/** Reads a file that its owner may not read, by letting them for so long. */
async function readable(
  { path, facts }: Pick<FoundFile, 'path' | 'facts'>,
  read: () => Promise<Content>,
): Promise<Content> {
  try {
    return await read();
  } catch (error) {
    if (systemErrno(error) !== 'EACCES' || process.geteuid?.() !== facts.uid) throw error;
    chmodSync(fsPath(path), facts.mode | 0o400);
    try {
      return await read();
    } finally {
      chmodSync(fsPath(path), facts.mode);
    }
  }
}

function sameEntries(one: Directory, other: Directory): boolean {
  return one.size === other.size && [...one].every(([name, number]) => other.get(name) === number);
}

function differ(one: Inode, other: NewInode): boolean {
  return (Object.keys(other) as (keyof NewInode)[]).some((key) => one[key] !== other[key]);
}
