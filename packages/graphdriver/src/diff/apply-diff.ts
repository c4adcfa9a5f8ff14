import { link } from 'node:fs/promises';
import { type Bytes, bytes, DmError, type IdMaps } from '@dmthin/domain';
import type { CancelSignal, FileAttributes, Log } from '@dmthin/ports';
import { throwIfAborted } from '../file/abort.ts';
import { fileError } from '../file/file-error.ts';
import { statFile } from '../file/file-stat.ts';
import { readNames } from '../file/read-directory.ts';
import { removeTree } from '../file/remove-tree.ts';
import { baseName, hostPath, joinPath, parentPath, type RawPath, showPath } from '../path/raw-path.ts';
import { readTar, type TarItem } from '../tar/read-tar.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import { DirectoryFinish } from './directory-finish.ts';
import { LayerPaths } from './layer-paths.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { readWhiteout, type Whiteout } from './whiteout.ts';
import { EntryWriter } from './write-entry.ts';

export interface ApplyOptions {
  readonly attributes: FileAttributes;
  readonly log: Log;
  /** The files are owned on disk by whom the tar's owners are in this user namespace. */
  readonly idMaps?: IdMaps | undefined;
  /** The layer's size in bytes: no file can be larger, nor all files of one tar together. */
  readonly capacity: Bytes;
  readonly signal?: CancelSignal | undefined;
}

/**
 * Unpacks a layer's tar over the tree at `root`, by Docker's rules (docker-devicemapper.md, Appendix A); resolves to the
 * sum of the sizes in its headers. What was unpacked before an error stays: the layer is the caller's to remove.
 *
 * @throws DmError INVALID_ARGUMENT: a name or link that leaves the root, naming it; nothing outside is touched.
 * @throws DmError CORRUPT: not a tar, or cut off. NO_SPACE: more than the layer can hold. NOT_PERMITTED: a device node.
 */
export async function applyDiff(root: RawPath, tar: AsyncIterable<Uint8Array>, options: ApplyOptions): Promise<Bytes> {
  const unpacking = new Unpacking(root, options);
  for await (const item of readTar(tar, options.signal)) {
    throwIfAborted(options.signal, 'apply');
    await unpacking.unpack(item);
  }
  return unpacking.finish();
}

class Unpacking {
  readonly #paths: LayerPaths;
  readonly #directories = new DirectoryFinish();
  readonly #writer: EntryWriter;
  readonly #capacity: bigint;
  /** The places this tar has filled, which its opaque marks spare. */
  readonly #unpacked = new Set<RawPath>();
  #size = 0n;

  constructor(root: RawPath, options: ApplyOptions) {
    this.#paths = new LayerPaths(root, (directory) => this.#unpacked.add(directory));
    this.#writer = new EntryWriter(options, this.#directories);
    this.#capacity = options.capacity;
  }

  async unpack(item: TarItem): Promise<void> {
    const { entry } = item;
    const refuse = refusalOf(entry.path);
    const name = this.#paths.clean(entry.path, refuse);
    this.#count(entry);
    const whiteout = readWhiteout(name);
    if (whiteout !== undefined) return this.#obey(whiteout, refuse);
    if (name === '') return this.#unpackRoot(entry, refuse);
    const target = entry.type === 'link' ? await this.#linkTarget(entry) : undefined;
    if (entry.type === 'symlink') checkSymlink(name, entry.linkPath, refuse);
    const path = await this.#place(name, refuse);
    if (target === path) throw refuse('is a hard link to itself');
    await this.#makeRoom(path, entry);
    if (target === undefined) await this.#writer.write(path, item);
    else await makeLink(target, path, entry.linkPath, refuse);
    this.#unpacked.add(path);
  }

  async finish(): Promise<Bytes> {
    await this.#directories.finish();
    return bytes(this.#size);
  }

  /** Before a byte is written: a header may claim anything. */
  #count(entry: TarEntry): void {
    this.#size += BigInt(entry.size);
    if (this.#size <= this.#capacity) return;
    const claim =
      BigInt(entry.size) > this.#capacity
        ? `"${showPath(entry.path)}" has ${entry.size} bytes`
        : `has ${this.#size} bytes`;
    throw new DmError('NO_SPACE', `the tar does not fit: ${claim}, the layer holds ${this.#capacity}`, {
      errno: 'ENOSPC',
      operation: 'apply',
      subject: showPath(entry.path),
      remedy: 'Create the layer with a larger size (storage option size=...).',
    });
  }

  async #unpackRoot(entry: TarEntry, refuse: Refusal): Promise<void> {
    if (entry.type !== 'directory') throw refuse('would take the place of the root');
    await this.#writer.merge(this.#paths.root, entry);
  }

  async #obey(whiteout: Whiteout, refuse: Refusal): Promise<void> {
    if (whiteout.kind === 'ignore') return;
    if (whiteout.kind === 'remove') return this.#remove(await this.#place(whiteout.path, refuse));
    const directory = await this.#paths.directory(whiteout.directory, refuse);
    await this.#directories.unlock(directory);
    await this.#removeOld(directory);
  }

  /** Where an entry goes: its directory is found (and made), its own name is not followed. */
  async #place(name: RawPath, refuse: Refusal): Promise<RawPath> {
    const directory = await this.#paths.directory(parentPath(name), refuse);
    await this.#directories.unlock(directory);
    return joinPath(directory, baseName(name));
  }

  /** What is there goes, unless both are directories. */
  async #makeRoom(path: RawPath, entry: TarEntry): Promise<void> {
    const stat = await statFile(path);
    if (stat === undefined || (stat.type === 'directory' && entry.type === 'directory')) return;
    await this.#remove(path, stat.type);
  }

  async #remove(path: RawPath, type?: string): Promise<void> {
    await removeTree(path);
    // Directories are found by way of directories and links; other files lead nowhere.
    if (type === undefined || type === 'directory' || type === 'symlink') this.#paths.forget();
  }

  async #removeOld(directory: RawPath): Promise<void> {
    for (const name of await readNames(directory)) {
      const path = joinPath(directory, name);
      if (!this.#unpacked.has(path)) await this.#remove(path);
      else if ((await statFile(path))?.type === 'directory') await this.#removeOld(path);
    }
  }

  async #linkTarget(entry: TarEntry): Promise<RawPath> {
    const refuse: Refusal = (fault) =>
      refusalOf(entry.path)(`is a hard link to "${showPath(entry.linkPath)}", which ${fault}`);
    const name = this.#paths.clean(entry.linkPath, refuse);
    if (name === '') throw refuse('is the root');
    return joinPath(await this.#paths.directory(parentPath(name), refuse), baseName(name));
  }
}

/** An absolute target means the layer's own root, to whoever runs in it; a relative one must not climb out. */
function checkSymlink(name: RawPath, target: RawPath, refuse: Refusal): void {
  if (target === '' || target.includes('\0')) throw refuse('is a link to no path');
  if (target.startsWith('/')) return;
  let depth = name.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) throw refuse(`links to "${showPath(target)}", out of the layer`);
  }
}

async function makeLink(target: RawPath, path: RawPath, linkPath: RawPath, refuse: Refusal): Promise<void> {
  const stat = await statFile(target);
  if (stat === undefined) throw refuse(`is a hard link to "${showPath(linkPath)}", which is not there`);
  if (stat.type === 'directory') throw refuse(`is a hard link to "${showPath(linkPath)}", which is a directory`);
  try {
    await link(hostPath(target), hostPath(path));
  } catch (error) {
    throw fileError(error, 'link', path);
  }
}
