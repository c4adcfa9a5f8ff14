import type { BrokenSnapshotRecord, LoadedSnapshotRecords, Log, SnapshotRecord, SnapshotRecords } from '@dmthin/ports';
import { decodeSnapshot, encodeSnapshot } from './codec/snapshot-codec.ts';
import type { Database } from './database.ts';
import { BROKEN, readEntry } from './set-aside.ts';

const SNAPSHOTS = 'snapshot/';

/** Snapshots, in the database of the engine's records. */
export class LmdbSnapshotRecords implements SnapshotRecords {
  readonly #database: Database;
  readonly #log: Log | undefined;

  constructor(database: Database, log: Log | undefined) {
    this.#database = database;
    this.#log = log;
  }

  async load(): Promise<LoadedSnapshotRecords> {
    const snapshots: SnapshotRecord[] = [];
    for (const entry of this.#database.under(SNAPSHOTS)) {
      const id = Number(entry.key.slice(SNAPSHOTS.length));
      const read = await readEntry(this.#database, entry, (json) => decodeSnapshot(id, json), this.#log);
      if ('record' in read) snapshots.push(read.record);
    }
    return { snapshots: snapshots.sort((one, other) => one.id - other.id), broken: this.#broken() };
  }

  async save(record: SnapshotRecord): Promise<void> {
    await this.#database.put(`${SNAPSHOTS}${record.id}`, encodeSnapshot(record));
  }

  async remove(id: number): Promise<void> {
    await this.#database.remove(`${SNAPSHOTS}${id}`);
  }

  #broken(): readonly BrokenSnapshotRecord[] {
    const prefix = `${BROKEN}${SNAPSHOTS}`;
    return this.#database
      .under(prefix)
      .map(({ key }) => ({ id: Number(key.slice(prefix.length)), reason: `see ${key}` }));
  }
}
