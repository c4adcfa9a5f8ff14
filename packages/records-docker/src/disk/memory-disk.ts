import { basename, dirname, join } from 'node:path';
import type { Disk, DiskEntry, DiskFile } from './disk.ts';

/** What a power cut does to what was not synced. */
export type PowerCut = 'loses everything' | 'loses nothing' | 'loses some';

interface Inode {
  content: Buffer;
  /** What the platter has. */
  synced: Buffer;
  blocks: number;
}

type Names = Map<string, Inode>;

const BLOCK = 4096;

/**
 * A file system in memory that keeps apart what was written and what was synced, so that its power can be cut; and that
 * counts blocks and inodes, so that it can be full.
 */
export class MemoryDisk implements Disk {
  readonly #directories = new Map<string, { names: Names; synced: Names }>();
  freeBlocks: number = Number.POSITIVE_INFINITY;
  freeInodes: number = Number.POSITIVE_INFINITY;
  #seed = 1;

  /** As ext4 with `data=writeback` on a disk with a cache may do it: names and contents each fall to either side. */
  cutPower(how: PowerCut): void {
    const keeps = (): boolean => (how === 'loses some' ? this.#coin() : how === 'loses nothing');
    for (const directory of this.#directories.values()) {
      for (const name of new Set([...directory.names.keys(), ...directory.synced.keys()])) {
        const inode = keeps() ? directory.names.get(name) : directory.synced.get(name);
        if (inode === undefined) directory.synced.delete(name);
        else directory.synced.set(name, inode);
      }
      directory.names = new Map(directory.synced);
    }
    for (const { names } of this.#directories.values())
      for (const inode of names.values()) {
        if (!keeps()) inode.content = this.#torn(inode, how);
        inode.synced = inode.content;
      }
  }

  /** A file's text; undefined where there is none. */
  textOf(path: string): string | undefined {
    return this.#directories.get(dirname(path))?.names.get(basename(path))?.content.toString();
  }

  async makeDirectory(path: string): Promise<void> {
    if (!this.#directories.has(path)) this.#directories.set(path, { names: new Map(), synced: new Map() });
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    return [...this.#namesIn(path).keys()].map((name) => ({ name, path: join(path, name), kind: 'file' }));
  }

  async read(path: string | Buffer, limit: number): Promise<Buffer> {
    return Buffer.from(this.#inode(String(path)).content.subarray(0, limit));
  }

  async create(path: string): Promise<DiskFile> {
    const names = this.#namesIn(dirname(path));
    if (names.has(basename(path))) throw fault('EEXIST', path);
    if (this.freeInodes < 1) throw fault('ENOSPC', path);
    this.freeInodes--;
    const inode = { content: Buffer.alloc(0), synced: Buffer.alloc(0), blocks: 0 };
    names.set(basename(path), inode);
    return this.#open(path, inode);
  }

  async edit(path: string): Promise<DiskFile> {
    return this.#open(path, this.#inode(path));
  }

  async rename(from: string | Buffer, to: string): Promise<void> {
    const inode = this.#inode(String(from));
    const replaced = this.#namesIn(dirname(to)).get(basename(to));
    if (replaced === inode) return;
    this.#namesIn(dirname(to)).set(basename(to), inode);
    this.#namesIn(dirname(String(from))).delete(basename(String(from)));
    if (replaced !== undefined) this.#free(replaced);
  }

  async link(from: string, to: string): Promise<void> {
    const inode = this.#inode(from);
    if (this.#namesIn(dirname(to)).has(basename(to))) throw fault('EEXIST', to);
    this.#namesIn(dirname(to)).set(basename(to), inode);
  }

  async remove(path: string | Buffer): Promise<void> {
    const inode = this.#inode(String(path));
    this.#namesIn(dirname(String(path))).delete(basename(String(path)));
    this.#free(inode);
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = this.#directories.get(path);
    if (directory !== undefined) directory.synced = new Map(directory.names);
  }

  #open(path: string, inode: Inode): DiskFile {
    return {
      write: async (content) => {
        const length = Math.max(inode.content.length, content.length);
        const blocks = Math.ceil(length / BLOCK);
        if (blocks - inode.blocks > this.freeBlocks) throw fault('ENOSPC', path);
        this.freeBlocks -= blocks - inode.blocks;
        inode.blocks = blocks;
        inode.content = Buffer.concat([content, inode.content.subarray(content.length)]);
      },
      truncate: async (length) => {
        inode.content = inode.content.subarray(0, length);
      },
      sync: async () => {
        inode.synced = inode.content;
      },
      stat: async () => ({ links: this.#linksOf(inode), size: inode.content.length }),
      close: async () => {},
    };
  }

  /** What an unsynced file may hold: its old bytes, zeros, or the beginning of the new ones before the old. */
  #torn(inode: Inode, how: PowerCut): Buffer {
    if (inode.content === inode.synced || how === 'loses everything' || this.#coin()) return inode.synced;
    if (this.#coin()) return Buffer.alloc(inode.content.length);
    const half = inode.content.length >> 1;
    return Buffer.concat([inode.content.subarray(0, half), inode.synced.subarray(half)]);
  }

  #free(inode: Inode): void {
    if (this.#linksOf(inode) > 0) return;
    this.freeBlocks += inode.blocks;
    this.freeInodes++;
  }

  #linksOf(inode: Inode): number {
    let links = 0;
    for (const { names } of this.#directories.values())
      for (const other of names.values()) if (other === inode) links++;
    return links;
  }

  #inode(path: string): Inode {
    const inode = this.#namesIn(dirname(path)).get(basename(path));
    if (inode === undefined) throw fault('ENOENT', path);
    return inode;
  }

  #namesIn(path: string): Names {
    const directory = this.#directories.get(path);
    if (directory === undefined) throw fault('ENOENT', path);
    return directory.names;
  }

  #coin(): boolean {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed >= 0x80_00_00_00;
  }
}

/** An error as Node's `fs` makes it. */
function fault(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code });
}
