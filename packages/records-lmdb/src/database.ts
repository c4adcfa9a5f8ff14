import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DmError } from '@dmthin/domain';
import { open, type RootDatabase } from 'lmdb';
import { databaseError } from './database-error.ts';

export interface DatabaseOptions {
  readonly file: string;
  readonly isDurable: boolean;
}

/** An entry of the database. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

/** Room that a record is replaced or removed in when the file system has none left. */
const RESERVE_BYTES = 256 * 1024;
/** New records are refused before there is less: a commit that finds no room for its pages can end the process (lmdb 3.5). */
const ROOM_BYTES = 1024 * 1024;

/** One LMDB file, whose keys are paths and whose values are JSON. Each change is a transaction. */
export class Database {
  readonly #file: string;
  readonly #lmdb: RootDatabase<string, string>;
  #closing: Promise<void> | undefined;

  private constructor(file: string, lmdb: RootDatabase<string, string>) {
    this.#file = file;
    this.#lmdb = lmdb;
  }

  /** @throws DmError NOT_PERMITTED, READ_ONLY, NO_SPACE, IO: it cannot be made. CORRUPT: it is no database. */
  static async open({ file, isDurable }: DatabaseOptions): Promise<Database> {
    try {
      const lmdb = open<string, string>({
        path: file,
        noSubdir: true,
        encoding: 'string',
        // A change has lasted when its promise resolves; by default it has only been seen then.
        overlappingSync: false,
        noSync: !isDurable,
      });
      const database = new Database(file, lmdb);
      await database.#reserve();
      return database;
    } catch (error) {
      throw databaseError('open', file, error);
    }
  }

  /** @throws DmError NO_SPACE: a new one, and the file system is nearly full. */
  put(key: string, value: string): Promise<void> {
    return this.#change('save', () => {
      if (!this.#lmdb.doesExist(key)) this.#refuseFull();
      return this.#lmdb.put(key, value);
    });
  }

  /** As `put`, for what has to be saved on a full file system too: it takes of what is reserved. */
  putAnyway(key: string, value: string): Promise<void> {
    return this.#change('save', () => this.#lmdb.put(key, value));
  }

  /** Succeeds where there is none. */
  remove(key: string): Promise<void> {
    return this.#change('remove', () => this.#lmdb.remove(key));
  }

  /** Both or neither. */
  move({ key, value }: Entry, to: string): Promise<void> {
    return this.#change('set aside', () =>
      this.#lmdb.transaction(() => {
        void this.#lmdb.put(to, value);
        void this.#lmdb.remove(key);
        return true;
      }),
    );
  }

  get(key: string): string | undefined {
    this.refuseClosed('load');
    return this.#lmdb.get(key);
  }

  /** All whose keys begin so, in the order of their keys. */
  under(prefix: string): readonly Entry[] {
    this.refuseClosed('load');
    return [...this.#lmdb.getRange({ start: prefix, end: `${prefix}\u{10ffff}` })].map(({ key, value }) => ({
      key,
      value,
    }));
  }

  refuseClosed(operation: string): void {
    if (this.#closing === undefined) return;
    throw new DmError('CLOSED', `cannot ${operation}: the records in ${this.#file} were closed`, {
      operation,
      subject: this.#file,
    });
  }

  /** Waits for what has begun. Twice is well. */
  close(): Promise<void> {
    this.#closing ??= this.#lmdb.close();
    return this.#closing;
  }

  async #change(operation: string, change: () => Promise<boolean>): Promise<void> {
    this.refuseClosed(operation);
    try {
      await change();
    } catch (error) {
      throw databaseError(operation, this.#file, error);
    }
  }

  /** LMDB writes every change to pages that are free: these are, once what is in them is removed. */
  async #reserve(): Promise<void> {
    // Where there is no room, the reserve of an earlier opening has to do.
    if (this.#room() < ROOM_BYTES) return;
    await this.#lmdb.put('reserve', ' '.repeat(RESERVE_BYTES));
    await this.#lmdb.remove('reserve');
  }

  /** Asked at once, so that changes are made in the order of the calls; a local file system answers from memory. */
  #room(): number {
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    return bavail * bsize;
  }

  #refuseFull(): void {
    if (this.#room() >= ROOM_BYTES) return;
    throw new DmError('NO_SPACE', `the file system of ${this.#file} has less than ${ROOM_BYTES} bytes left`, {
      errno: 'ENOSPC',
      operation: 'save',
      subject: this.#file,
      remedy: 'Make room on it; what is there can be changed and removed.',
    });
  }
}
