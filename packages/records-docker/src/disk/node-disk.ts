import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open as openHandle, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Disk, DiskEntry, DiskFile } from './disk.ts';
import { fileReader } from './read-file.ts';

const isWindows = process.platform === 'win32';

/** The file system of this host. Where `isDurable` is false nothing is synced, for roots that a power cut may take. */
export function nodeDisk(isDurable: boolean): Disk {
  const syncDirectory = isDurable && !isWindows ? synced : nothing;
  return {
    makeDirectory: async (path) => {
      const first = await mkdir(path, { recursive: true, mode: 0o700 });
      if (first === undefined) return;
      for (let made = path; ; made = dirname(made)) {
        await syncDirectory(dirname(made));
        if (made === first || made === dirname(made)) return;
      }
    },
    list,
    read: fileReader(),
    create: async (path) => new NodeFile(await openHandle(path, 'wx', 0o600), isDurable),
    edit: async (path) => new NodeFile(await openHandle(path, 'r+'), isDurable),
    rename,
    link,
    remove: unlink,
    syncDirectory,
  };
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #isDurable: boolean;

  constructor(handle: FileHandle, isDurable: boolean) {
    this.#handle = handle;
    this.#isDurable = isDurable;
  }

  async write(content: Uint8Array): Promise<void> {
    for (let written = 0; written < content.length; )
      written += (await this.#handle.write(content, written, content.length - written, written)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async sync(): Promise<void> {
    if (this.#isDurable) await this.#handle.sync();
  }

  async stat(): Promise<{ links: number; size: number }> {
    const { nlink, size } = await this.#handle.stat();
    return { links: nlink, size };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Names are read as bytes: one that is not UTF-8 could not be opened again by its text. */
async function list(path: string): Promise<readonly DiskEntry[]> {
  const entries = await readdir(path, { withFileTypes: true, encoding: 'latin1' });
  return entries.map((entry) => {
    const kind = entry.isFile() || entry.isSymbolicLink() ? 'file' : entry.isDirectory() ? 'directory' : 'other';
    if (/^[\u0020-\u007e]*$/u.test(entry.name)) return { name: entry.name, path: join(path, entry.name), kind };
    const raw = Buffer.from(entry.name, 'latin1');
    return { name: raw.toString('utf8'), path: Buffer.concat([Buffer.from(path + sep), raw]), kind };
  });
}

async function synced(path: string): Promise<void> {
  const directory = await openHandle(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function nothing(): Promise<void> {}
