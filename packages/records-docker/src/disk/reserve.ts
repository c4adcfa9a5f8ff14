import { join } from 'node:path';
import type { Log } from '@dmthin/ports';
import type { Disk } from './disk.ts';
import { codeOf } from './disk-error.ts';
import { Turns } from './turns.ts';

/** A block of every file system there is, and more than any record. */
const SIZE = 4096;

/**
 * One file with a block of its own, kept for the day on which the file system is full: then a record is written into
 * it, in place, and it takes the record's name. The file that had the name becomes the reserve, so that there is always
 * one, and nothing on this way asks the file system for a block.
 */
export class Reserve {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #log: Log | undefined;
  readonly #turns = new Turns();

  constructor(disk: Disk, directory: string, log: Log | undefined) {
    this.#disk = disk;
    this.#directory = directory;
    this.#log = log;
  }

  /** After opening: throws away what a crash left half done, and makes the reserve where there is none. */
  async prepare(): Promise<void> {
    await this.#removeIfThere(this.#next);
    if (!(await this.#isGood())) {
      await this.#removeIfThere(this.#path);
      await this.#make();
    }
  }

  /**
   * Gives `target` this content; false where it cannot, with nothing changed. Without `mayCreate` it does so only where
   * `target` exists: new records shall fail on a full file system, and leave the reserve to those that delete.
   */
  replace(target: string, content: Uint8Array, mayCreate: boolean, sync: () => Promise<void>): Promise<boolean> {
    return this.#turns.take('', async () => {
      if (content.length > SIZE) return false;
      const keeps = await this.#keep(target);
      if (keeps === 'nothing there' && !mayCreate) return false;
      if (!(await this.#write(content))) {
        if (keeps === 'kept') await this.#removeIfThere(this.#next);
        return false;
      }
      await this.#disk.rename(this.#path, target);
      // Before the old file is offered for writing, the name must surely belong to the new one.
      await sync();
      if (keeps === 'kept') await this.#disk.rename(this.#next, this.#path);
      else await this.#make();
      return true;
    });
  }

  get #path(): string {
    return join(this.#directory, 'reserve');
  }

  get #next(): string {
    return join(this.#directory, 'reserve.next');
  }

  /** Gives the old file a second name, so that its block is not freed, to be taken by others, when it loses the first. */
  async #keep(target: string): Promise<'kept' | 'not kept' | 'nothing there'> {
    try {
      await this.#removeIfThere(this.#next);
      await this.#disk.link(target, this.#next);
      return 'kept';
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? 'nothing there' : 'not kept';
    }
  }

  async #write(content: Uint8Array): Promise<boolean> {
    try {
      const file = await this.#disk.edit(this.#path);
      try {
        // A power cut may have kept the second name and lost the first's change: then this is a record that is in use.
        if ((await file.stat()).links !== 1) return false;
        await file.write(content);
        await file.truncate(content.length);
        await file.sync();
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      this.#log?.write('warn', `the reserve ${this.#path} could not be used`, { error });
      return false;
    }
  }

  async #isGood(): Promise<boolean> {
    try {
      const file = await this.#disk.edit(this.#path);
      try {
        const { links, size } = await file.stat();
        return links === 1 && size > 0;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #make(): Promise<void> {
    try {
      const file = await this.#disk.create(this.#path);
      try {
        await file.write(new Uint8Array(SIZE));
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return;
      this.#log?.write('warn', `there is no space to keep in reserve in ${this.#directory}`, { error });
    }
  }

  async #removeIfThere(path: string): Promise<void> {
    await this.#disk.remove(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }
}
