import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordsRoot, recordsConformance } from '@dmthin/conformance';
import type { Records } from '@dmthin/ports';
import { takeRootLock } from '@dmthin/records-docker';
import { openLmdbRecords } from '@dmthin/records-lmdb';

recordsConformance('lmdb', { create: async () => new Root(await mkdtemp(join(tmpdir(), 'dmthin-lmdb-'))) });

/** A directory with a lock and a database, whose process dies between two transactions. */
class Root implements RecordsRoot {
  readonly #directory: string;
  #records: Records | undefined;
  #left = Number.POSITIVE_INFINITY;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(): Promise<Records> {
    const lock = await takeRootLock(this.#directory);
    const { records } = await openLmdbRecords({ file: join(this.#directory, 'records.lmdb'), isDurable: false });
    this.#records = records;
    const close = (): Promise<void> => records.close().then(() => lock.release());
    return new Proxy(records, {
      get: (_, key) => {
        if (key === 'close') return close;
        const member: unknown = Reflect.get(records, key);
        if (typeof member !== 'function') return member;
        const call = (given: readonly unknown[]): Promise<unknown> =>
          Reflect.apply(member, records, given) as Promise<unknown>;
        return (...given: readonly unknown[]) => (key === 'load' ? call(given) : this.#step(() => call(given)));
      },
    });
  }

  readonly crash = {
    after: (steps: number): void => {
      this.#left = steps;
      this.crash.hasHappened = false;
    },
    hasHappened: false,
    recover: async (): Promise<void> => {
      this.#left = Number.POSITIVE_INFINITY;
      await this.#records?.close();
      const place = join(this.#directory, 'dmthin');
      for (const name of await readdir(place)) if (name.startsWith('lock.')) await rm(join(place, name));
    },
  };

  async dispose(): Promise<void> {
    await this.#records?.close();
    await rm(this.#directory, { recursive: true });
  }

  /** Every call is one transaction. */
  async #step(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#left-- > 0) return call();
    this.crash.hasHappened = true;
    throw new Error('the process is dead');
  }
}
