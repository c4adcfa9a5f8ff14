import { thinIdConflicts, type VolumeId } from '@dmthin/domain';
import type {
  BrokenRecord,
  Intent,
  LoadedRecords,
  Log,
  PoolIdentity,
  PoolRecord,
  Records,
  VolumeRecord,
} from '@dmthin/ports';
import {
  checkedVolume,
  decodeIdentity,
  decodeIntent,
  decodePool,
  decodeVolume,
  encodeIdentity,
  encodeIntent,
  encodePool,
  encodeVolume,
} from './codec/engine-codecs.ts';
import type { Database } from './database.ts';
import { readEntry } from './set-aside.ts';

const VOLUMES = 'volume/';
const POOL = 'pool';
/** As Docker's records call it, so that whoever looks for a broken one finds it. */
const INTENT = 'transaction-metadata';
const IDENTITY = 'identity';

/** What the engine keeps, in the database. */
export class LmdbRecords implements Records {
  readonly #database: Database;
  readonly #log: Log | undefined;

  constructor(database: Database, log: Log | undefined) {
    this.#database = database;
    this.#log = log;
  }

  async load(): Promise<LoadedRecords> {
    const broken: BrokenRecord[] = [];
    const volumes: VolumeRecord[] = [];
    for (const entry of this.#database.under(VOLUMES)) {
      const id = entry.key.slice(VOLUMES.length);
      const record = await this.#read(entry.key, id, (json) => decodeVolume(id, json), broken);
      if (record !== undefined) volumes.push(record);
    }
    volumes.sort((one, other) => (one.volume < other.volume ? -1 : 1));
    return {
      volumes,
      pool: await this.#read(POOL, POOL, decodePool, broken),
      intent: await this.#read(INTENT, INTENT, decodeIntent, broken),
      identity: await this.#read(IDENTITY, IDENTITY, decodeIdentity, broken),
      broken,
      leftovers: [],
      conflicts: thinIdConflicts(volumes),
    };
  }

  async saveVolume(record: VolumeRecord): Promise<void> {
    await this.#database.put(`${VOLUMES}${checkedVolume(record.volume)}`, encodeVolume(record));
  }

  async removeVolume(volume: VolumeId): Promise<void> {
    await this.#database.remove(`${VOLUMES}${checkedVolume(volume)}`);
  }

  async savePool(record: PoolRecord): Promise<void> {
    await this.#database.put(POOL, encodePool(record));
  }

  async saveIntent(intent: Intent): Promise<void> {
    await this.#database.putAnyway(INTENT, encodeIntent(intent));
  }

  async removeIntent(): Promise<void> {
    await this.#database.remove(INTENT);
  }

  async saveIdentity(identity: PoolIdentity): Promise<void> {
    await this.#database.put(IDENTITY, encodeIdentity(identity));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #read<T>(
    key: string,
    name: string,
    decode: (json: string) => T,
    broken: BrokenRecord[],
  ): Promise<T | undefined> {
    const value = this.#database.get(key);
    if (value === undefined) return undefined;
    const read = await readEntry(this.#database, { key, value }, decode, this.#log);
    if ('record' in read) return read.record;
    broken.push({ name, ...read });
    return undefined;
  }
}
