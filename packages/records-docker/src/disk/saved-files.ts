import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { LastingFiles } from '@dmthin/ports';
import { TEMPORARY } from '../layout.ts';
import type { Disk } from './disk.ts';
import { codeOf, diskError, portError } from './disk-error.ts';
import type { Reserve } from './reserve.ts';
import { Turns } from './turns.ts';

/** Whether a save may use the reserve on a full file system: for a file that exists, for a new one too, or never. */
export type WhenFull = 'replace' | 'replace-or-create' | 'fail';

/** Files that are always whole: the old content or the new one, whatever happens in between. */
export class SavedFiles {
  readonly #disk: Disk;
  readonly #reserve: Reserve;
  readonly #files: LastingFiles | undefined;
  readonly #turns = new Turns();

  /** @param files does each save and removal in one call; without it they are steps on the disk. */
  constructor(disk: Disk, reserve: Reserve, files?: LastingFiles) {
    this.#disk = disk;
    this.#reserve = reserve;
    this.#files = files;
  }

  /**
   * Resolves when the content lasts. What is asked for one file is done in that order.
   * @throws DmError NO_SPACE, NOT_PERMITTED, READ_ONLY: the file is as it was. IO: it is as it was, or new.
   */
  save(directory: string, name: string, text: string, whenFull: WhenFull): Promise<void> {
    const target = join(directory, name);
    const content = Buffer.from(text);
    return this.#turns.take(target, async () => {
      try {
        await this.#write(directory, target, content);
      } catch (error) {
        if (!DmError.is(error, 'NO_SPACE') || whenFull === 'fail') throw error;
        if (!(await this.#writeReserve(directory, target, content, whenFull))) throw error;
      }
    });
  }

  /** Resolves when the file is gone for good; well where there was none. */
  remove(directory: string, name: string): Promise<void> {
    const target = join(directory, name);
    return this.#turns.take(target, async () => {
      if (this.#files !== undefined) return whole(target, this.#files.remove(target));
      try {
        await this.#disk.remove(target);
      } catch (cause) {
        // Also then the directory is synced: what removed it may have died before it got that far.
        if (codeOf(cause) !== 'ENOENT') throw diskError('remove', target, cause);
      }
      await this.#sync(directory);
    });
  }

  idle(): Promise<void> {
    return this.#turns.idle();
  }

  async #write(directory: string, target: string, content: Buffer): Promise<void> {
    const draft = join(directory, `${TEMPORARY}${randomBytes(8).toString('hex')}`);
    if (this.#files !== undefined) return whole(target, this.#files.replace(target, draft, content));
    try {
      const file = await this.#disk.create(draft);
      try {
        await file.write(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#disk.rename(draft, target);
    } catch (cause) {
      const undoError = await this.#disk.remove(draft).then(() => undefined, unlessMissing);
      throw diskError('save', target, cause, undoError === undefined ? {} : { undoError });
    }
    await this.#sync(directory);
  }

  async #writeReserve(directory: string, target: string, content: Buffer, whenFull: WhenFull): Promise<boolean> {
    const mayCreate = whenFull === 'replace-or-create';
    try {
      return await this.#reserve.replace(target, content, mayCreate, () => this.#sync(directory));
    } catch (cause) {
      throw diskError('save', target, cause);
    }
  }

  async #sync(directory: string): Promise<void> {
    try {
      await this.#disk.syncDirectory(directory);
    } catch (cause) {
      throw notLasting(directory, cause);
    }
  }
}

async function whole(target: string, change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!DmError.is(error)) throw error;
    throw error.operation === 'sync' ? notLasting(dirname(target), error) : portError(error);
  }
}

function notLasting(directory: string, cause: unknown): DmError {
  return new DmError('IO', `cannot make lasting what was changed in ${directory}: ${String(cause)}`, {
    operation: 'sync',
    subject: directory,
    remedy: 'Look at the kernel log for errors of the disk; open the root again to see which state holds.',
    cause,
  });
}

function unlessMissing(error: unknown): unknown {
  return codeOf(error) === 'ENOENT' ? undefined : error;
}
