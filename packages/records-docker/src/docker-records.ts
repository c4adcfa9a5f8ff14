import { join } from 'node:path';
import { DmError, type VolumeId } from '@dmthin/domain';
import type {
  Intent,
  LastingFiles,
  LoadedRecords,
  Log,
  PoolIdentity,
  PoolRecord,
  Records,
  VolumeRecord,
} from '@dmthin/ports';
import type { Disk } from './disk/disk.ts';
import { diskError } from './disk/disk-error.ts';
import { nodeDisk } from './disk/node-disk.ts';
import { Reserve } from './disk/reserve.ts';
import { SavedFiles } from './disk/saved-files.ts';
import { fileOf, IDENTITY_FILE, INTENT_FILE, type Layout, layoutOf, POOL_FILE, TEMPORARY } from './layout.ts';
import { RecordLoader } from './load/load-records.ts';
import { migrateLegacy } from './load/migrate-legacy.ts';
import { type RootLock, takeRootLock } from './lock/root-lock.ts';
import { encodeIdentity } from './record/identity-record.ts';
import { encodeIntent } from './record/intent-record.ts';
import { encodePoolRecord } from './record/pool-record.ts';
import { encodeVolumeRecord } from './record/volume-record.ts';

export interface DockerRecordsOptions {
  /** `<docker root>/devicemapper`. Made where it is missing. */
  readonly directory: string;
  readonly log?: Log | undefined;
  /** The lock of this directory where the caller has taken it already; he gives it back himself. */
  readonly lock?: RootLock | undefined;
  /**
   * Whether saves outlast a power cut; they do by default. Without it they outlast the process only, and are many times
   * faster: for tests and throw-away roots.
   */
  readonly isDurable?: boolean | undefined;
  /**
   * Saves and removes files that last, each in one call. Where it is not given, or nothing has to last, it is done step
   * by step on `disk`.
   */
  readonly files?: LastingFiles | undefined;
  /** Where files are; the host's file system by default. For tests, which fail, fill or unplug it. */
  readonly disk?: Disk | undefined;
}

/**
 * Opens the records of a root as Docker's devicemapper driver keeps them, byte for byte (docker-devicemapper.md 4), so
 * that Docker and dmthin can take over each other's roots.
 * @throws DmError LOCKED: another process has the root. NOT_PERMITTED, READ_ONLY, NO_SPACE, IO: it takes no files.
 */
export async function openDockerRecords(options: DockerRecordsOptions): Promise<Records> {
  const { directory, log } = options;
  const layout = layoutOf(directory);
  const lock = options.lock ?? (await takeRootLock(directory, log === undefined ? {} : { log }));
  const release = options.lock === undefined ? () => lock.release() : async () => {};
  try {
    const disk = options.disk ?? nodeDisk(options.isDurable ?? true);
    const reserve = new Reserve(disk, layout.own, log);
    const leftovers = await prepare(disk, layout, reserve, log);
    const files = (options.isDurable ?? true) ? options.files : undefined;
    const records = new DockerRecords(disk, layout, new SavedFiles(disk, reserve, files), leftovers, release, log);
    if (files !== undefined) savers.set(records, files);
    return records;
  } catch (cause) {
    const error = diskError('open the records in', directory, cause);
    await release().catch((undoError: unknown) => {
      const { errno, operation, subject, remedy } = error;
      throw new DmError(error.code, error.message, { errno, operation, subject, remedy, cause, undoError });
    });
    throw error;
  }
}

const savers = new WeakMap<Records, LastingFiles>();

/** Whether these records do each save and removal by one call of `files`, made at once. */
export function savesWith(records: Records, files: LastingFiles): boolean {
  return savers.get(records) === files;
}

/** Gives the files that it removed, which saves that were cut off had left. */
async function prepare(disk: Disk, layout: Layout, reserve: Reserve, log: Log | undefined): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const directory of [layout.metadata, layout.own]) {
    await disk.makeDirectory(directory);
    const leftovers = (await disk.list(directory)).filter((entry) => entry.name.startsWith(TEMPORARY));
    for (const { name, path, kind } of leftovers) {
      if (kind !== 'file') continue;
      await disk.remove(path);
      removed.push(join(directory, name));
      log?.write('debug', `removed ${name}, which a save that was cut off left in ${directory}`);
    }
    // What a process wrote before it died is about to be acted upon, so from here on it must last.
    await disk.syncDirectory(directory);
  }
  await reserve.prepare();
  return removed;
}

class DockerRecords implements Records {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #files: SavedFiles;
  readonly #leftovers: readonly string[];
  readonly #release: () => Promise<void>;
  readonly #log: Log | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    disk: Disk,
    layout: Layout,
    files: SavedFiles,
    leftovers: readonly string[],
    release: () => Promise<void>,
    log: Log | undefined,
  ) {
    this.#disk = disk;
    this.#layout = layout;
    this.#files = files;
    this.#leftovers = leftovers;
    this.#release = release;
    this.#log = log;
  }

  async load(): Promise<LoadedRecords> {
    this.#refuseClosed('load');
    const migrated = await migrateLegacy(this.#disk, this.#layout, this.#files, this.#log);
    const loaded = await new RecordLoader(this.#disk, this.#layout, this.#log).load();
    return { ...loaded, broken: [...migrated, ...loaded.broken], leftovers: this.#leftovers };
  }

  async saveVolume(record: VolumeRecord): Promise<void> {
    this.#refuseClosed('save');
    const name = fileOf(record.volume);
    await this.#files.save(this.#layout.metadata, name, encodeVolumeRecord(record), 'replace');
  }

  async removeVolume(volume: VolumeId): Promise<void> {
    this.#refuseClosed('remove');
    await this.#files.remove(this.#layout.metadata, fileOf(volume));
  }

  async savePool(record: PoolRecord): Promise<void> {
    this.#refuseClosed('save');
    await this.#files.save(this.#layout.metadata, POOL_FILE, encodePoolRecord(record), 'replace');
  }

  async saveIntent(intent: Intent): Promise<void> {
    this.#refuseClosed('save');
    // An intent comes before every deletion, and there may be none yet.
    await this.#files.save(this.#layout.metadata, INTENT_FILE, encodeIntent(intent), 'replace-or-create');
  }

  async removeIntent(): Promise<void> {
    this.#refuseClosed('remove');
    await this.#files.remove(this.#layout.metadata, INTENT_FILE);
  }

  async saveIdentity(identity: PoolIdentity): Promise<void> {
    this.#refuseClosed('save');
    await this.#files.save(this.#layout.own, IDENTITY_FILE, encodeIdentity(identity), 'fail');
  }

  close(): Promise<void> {
    this.#closing ??= this.#files.idle().then(this.#release);
    return this.#closing;
  }

  #refuseClosed(operation: string): void {
    if (this.#closing === undefined) return;
    throw new DmError('CLOSED', `cannot ${operation}: the records in ${this.#layout.root} were closed`, {
      operation,
      subject: this.#layout.root,
    });
  }
}
