import { chmod, constants, type FileHandle, lutimes, mkdir, open, symlink } from 'node:fs/promises';
import { DmError, hostOwner, type IdMaps } from '@dmthin/domain';
import { attempting } from '@dmthin/engine';
import type { FileAttributes, Log } from '@dmthin/ports';
import { fileError } from '../file/file-error.ts';
import { statFile } from '../file/file-stat.ts';
import { bytesOfPath, hostPath, type RawPath, showPath } from '../path/raw-path.ts';
import type { TarItem } from '../tar/read-tar.ts';
import type { TarEntry } from '../tar/tar-entry.ts';
import { type DirectoryFinish, secondsOf } from './directory-finish.ts';

interface WriterOptions {
  readonly attributes: FileAttributes;
  readonly log: Log;
  readonly idMaps?: IdMaps | undefined;
}

/**
 * Makes what a tar entry says, in Docker's order: content, owner, attributes, permissions, times. The owner comes before
 * attributes and permissions because chown(2) takes away capabilities and the setuid bit.
 */
export class EntryWriter {
  readonly #attributes: FileAttributes;
  readonly #log: Log;
  readonly #idMaps: IdMaps | undefined;
  readonly #directories: DirectoryFinish;

  constructor({ attributes, log, idMaps }: WriterOptions, directories: DirectoryFinish) {
    this.#attributes = attributes;
    this.#log = log;
    this.#idMaps = idMaps;
    this.#directories = directories;
  }

  /** Makes the entry at `path`, where nothing is but a directory that a directory is merged with. */
  async write(path: RawPath, item: TarItem): Promise<void> {
    const { entry } = item;
    switch (entry.type) {
      case 'directory':
        await makeDirectory(path);
        return this.merge(path, entry);
      case 'file':
        return this.#writeFile(path, item);
      case 'symlink':
        return this.#makeSymlink(path, entry);
      case 'character':
      case 'block':
      case 'fifo':
        return this.#makeNode(path, entry, entry.type);
      case 'link':
        throw new DmError('INVALID_ARGUMENT', 'a hard link is no file of its own');
    }
  }

  /** Gives a directory that is there the owner and attributes of the entry; the rest follows in the end. */
  async merge(path: RawPath, entry: TarEntry): Promise<void> {
    await this.#setOwner(path, entry);
    this.#directories.set(path, entry.mode, entry.modified);
  }

  async #writeFile(path: RawPath, item: TarItem): Promise<void> {
    const { entry } = item;
    const file = await openNew(path);
    try {
      await copyContent(file, path, item);
      await this.#setOwner(path, entry);
      await file.chmod(entry.mode);
      await file.utimes(secondsOf(entry.modified), secondsOf(entry.modified));
    } catch (error) {
      throw fileError(error, 'write', path, { remedy: NO_SPACE_REMEDY });
    } finally {
      await file.close();
    }
  }

  async #makeSymlink(path: RawPath, entry: TarEntry): Promise<void> {
    try {
      await symlink(bytesOfPath(entry.linkPath), hostPath(path));
      await this.#setOwner(path, entry);
      await lutimes(hostPath(path), secondsOf(entry.modified), secondsOf(entry.modified));
    } catch (error) {
      throw fileError(error, 'make link', path);
    }
  }

  async #makeNode(path: RawPath, entry: TarEntry, type: 'character' | 'block' | 'fifo'): Promise<void> {
    try {
      await this.#attributes.makeNode(hostPath(path), {
        type,
        mode: entry.mode & 0o777,
        major: entry.major,
        minor: entry.minor,
      });
      await this.#setOwner(path, entry);
      await chmod(hostPath(path), entry.mode);
      await lutimes(hostPath(path), secondsOf(entry.modified), secondsOf(entry.modified));
    } catch (error) {
      if (!DmError.is(error, 'NOT_PERMITTED')) throw fileError(error, `make ${type} node`, path);
      throw attempting(
        `make the ${type} node "${showPath(entry.path)}"`,
        error,
        'Run as root, who alone may make it, or leave it out of the tar (tar --exclude).',
      );
    }
  }

  async #setOwner(path: RawPath, entry: TarEntry): Promise<void> {
    const { uid, gid } = this.#idMaps === undefined ? entry : hostOwner(this.#idMaps, entry);
    await this.#attributes.changeOwner(hostPath(path), uid, gid);
    for (const [name, value] of entry.attributes) await this.#setAttribute(path, name, value);
  }

  /** As Docker does, an attribute that this file system or user cannot set is passed over, with a warning. */
  async #setAttribute(path: RawPath, name: string, value: Uint8Array): Promise<void> {
    try {
      await this.#attributes.write(hostPath(path), name, value);
    } catch (error) {
      if (!DmError.is(error, 'NOT_SUPPORTED', 'NOT_PERMITTED')) throw error;
      this.#log.write('warn', `attribute ${name} of ${showPath(path)} is left out: it cannot be set here`, { error });
    }
  }
}

const NO_SPACE_REMEDY = 'Where space is short, create the layer with a larger size or grow the pool.';

async function makeDirectory(path: RawPath): Promise<void> {
  try {
    if ((await statFile(path)) === undefined) await mkdir(hostPath(path), 0o700);
  } catch (error) {
    throw fileError(error, 'make directory', path);
  }
}

async function openNew(path: RawPath): Promise<FileHandle> {
  try {
    // O_EXCL: never through a link, never into what is there.
    return await open(hostPath(path), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    throw fileError(error, 'make', path);
  }
}

async function copyContent(file: FileHandle, path: RawPath, item: TarItem): Promise<void> {
  for (let part = await item.read(); part !== undefined; part = await item.read())
    for (let start = 0; start < part.length; ) {
      const { bytesWritten } = await file.write(part, start);
      if (bytesWritten === 0) throw new DmError('NO_SPACE', `nothing more can be written to ${showPath(path)}`);
      start += bytesWritten;
    }
}
