import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log, Records, SnapshotRecords } from '@dmthin/ports';
import { Database } from './database.ts';
import { databaseError } from './database-error.ts';
import { LmdbRecords as EngineRecords } from './lmdb-records.ts';
import { LmdbSnapshotRecords } from './lmdb-snapshot-records.ts';

export interface LmdbRecordsOptions {
  /** The database's file, made with its directory where it is missing. Whoever opens it holds its root's lock. */
  readonly file: string;
  readonly log?: Log | undefined;
  /**
   * Whether saves outlast a power cut; they do by default. Without it they outlast the process only, and cost no fsync: for
   * tests and throw-away roots.
   */
  readonly isDurable?: boolean | undefined;
}

/** Both are in one database, which `records.close` closes. */
export interface LmdbRecords {
  readonly records: Records;
  readonly snapshots: SnapshotRecords;
}

/**
 * Opens the records of a root that are kept in LMDB: the engine's volumes, and containerd's snapshots.
 * @throws DmError NOT_PERMITTED, READ_ONLY, NO_SPACE, IO: it cannot be made. CORRUPT: the file is no database.
 */
export async function openLmdbRecords({ file, log, isDurable = true }: LmdbRecordsOptions): Promise<LmdbRecords> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw databaseError('make the directory', file, error);
  });
  const database = await Database.open({ file, isDurable });
  return { records: new EngineRecords(database, log), snapshots: new LmdbSnapshotRecords(database, log) };
}
