import { statfs } from 'node:fs/promises';
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

  put(key: string, value: string): Promise<void> {
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
    const { bavail, bsize } = await statfs(dirname(this.#file));
    // Where there is no room, there is hardly any for the reserve either, and the one of an earlier opening has to do.
    if (bavail * bsize < 4 * RESERVE_BYTES) return;
    await this.#lmdb.put('reserve', ' '.repeat(RESERVE_BYTES));
    await this.#lmdb.remove('reserve');
  }
}
