import { DmError, type ThinIdConflict, thinIdConflicts, type VolumeId } from '@dmthin/domain';
import type { BrokenRecord, Intent, LoadedRecords, Log, PoolIdentity, PoolRecord, VolumeRecord } from '@dmthin/ports';
import type { Disk, DiskEntry } from '../disk/disk.ts';
import { codeOf, diskError } from '../disk/disk-error.ts';
import { MalformedRecord } from '../json/read-json.ts';
import { IDENTITY_FILE, INTENT_FILE, type Layout, MIGRATED, POOL_FILE, volumeOf } from '../layout.ts';
import { decodeIdentity } from '../record/identity-record.ts';
import { decodeIntent } from '../record/intent-record.ts';
import { decodePoolRecord } from '../record/pool-record.ts';
import { decodeVolumeRecord } from '../record/volume-record.ts';
import { each } from './each.ts';
import { setAside } from './set-aside.ts';

/** No record comes near it; what is larger is not read to its end. */
const SIZE_LIMIT = 64 * 1024;

/** Faults of one file, which must not keep the others from being read. EMFILE or ENOMEM are faults of the process. */
const FAULTS_OF_A_FILE: ReadonlySet<string> = new Set([
  'EACCES',
  // Removed since it was listed, or a link that leads nowhere, over which Docker would stumble.
  'ENOENT',
  'EPERM',
  'EIO',
  'EISDIR',
  'ELOOP',
  'ENOTDIR',
  'ENXIO',
  'EINVAL',
  'EILSEQ',
  'EUCLEAN',
  'EBADMSG',
  'ENODEV',
  'EOVERFLOW',
]);

/** Reads everything there is (docker-devicemapper.md 6.5); what cannot be read is set aside and reported (defect 7). */
export class RecordLoader {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #log: Log | undefined;
  readonly #broken: BrokenRecord[] = [];
  readonly #volumes: VolumeRecord[] = [];
  #pool: PoolRecord | undefined;
  #intent: Intent | undefined;
  #identity: PoolIdentity | undefined;

  constructor(disk: Disk, layout: Layout, log: Log | undefined) {
    this.#disk = disk;
    this.#layout = layout;
    this.#log = log;
  }

  /** @throws DmError: a directory could not be listed, or this process is out of files or memory. */
  async load(): Promise<Omit<LoadedRecords, 'leftovers'>> {
    const { metadata, own } = this.#layout;
    const [records, ours] = await Promise.all([this.#list(metadata), this.#list(own)]);
    await each(records, (entry) => this.#take(entry));
    for (const entry of ours) if (entry.name === IDENTITY_FILE) await this.#takeIdentity(entry);
    if (this.#broken.length > 0) await this.#disk.syncDirectory(metadata);
    const volumes = this.#volumes.sort(byVolume);
    return {
      volumes,
      pool: this.#pool,
      intent: this.#intent,
      identity: this.#identity,
      broken: this.#broken.sort((one, other) => (one.name < other.name ? -1 : 1)),
      conflicts: this.#conflicts(volumes),
    };
  }

  async #take(entry: DiskEntry): Promise<void> {
    // Docker skips both too.
    if (entry.kind === 'file' && (entry.name.startsWith('.') || entry.name.endsWith(MIGRATED))) return;
    await this.#orSetAside(entry, async () => {
      if (entry.name === POOL_FILE) this.#pool = decodePoolRecord(await this.#read(entry));
      else if (entry.name === INTENT_FILE) this.#intent = decodeIntent(await this.#read(entry));
      else this.#volumes.push(decodeVolumeRecord(volumeIdOf(entry), await this.#read(entry)));
    });
  }

  async #takeIdentity(entry: DiskEntry): Promise<void> {
    await this.#orSetAside(entry, async () => {
      this.#identity = decodeIdentity(await this.#read(entry));
    });
  }

  async #orSetAside(entry: DiskEntry, take: () => Promise<void>): Promise<void> {
    try {
      await take();
    } catch (error) {
      if (!isFaultOfFile(error)) throw diskError('read', String(entry.path), error);
      const reason = error instanceof Error ? error.message : String(error);
      const broken = await setAside(this.#disk, this.#layout, entry, reason, this.#log);
      if (broken !== undefined) this.#broken.push(broken);
    }
  }

  async #read(entry: DiskEntry): Promise<Buffer> {
    if (entry.kind !== 'file')
      throw new MalformedRecord(`it is ${entry.kind === 'directory' ? 'a directory' : 'no file'}`);
    const content = await this.#disk.read(entry.path, SIZE_LIMIT);
    if (content.length >= SIZE_LIMIT) throw new MalformedRecord(`it has ${SIZE_LIMIT} bytes or more; no record has`);
    return content;
  }

  #conflicts(volumes: readonly VolumeRecord[]): readonly ThinIdConflict[] {
    const conflicts = thinIdConflicts(volumes);
    for (const { thinId, volumes: claimants } of conflicts)
      this.#log?.write('error', `${claimants.length} volumes of ${this.#layout.root} claim thin id ${thinId}`, {
        thinId,
        volumes: claimants,
      });
    return conflicts;
  }

  async #list(directory: string): Promise<readonly DiskEntry[]> {
    try {
      return await this.#disk.list(directory);
    } catch (cause) {
      throw diskError('list', directory, cause);
    }
  }
}

function isFaultOfFile(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof MalformedRecord || (code !== undefined && FAULTS_OF_A_FILE.has(code));
}

function volumeIdOf(entry: DiskEntry): VolumeId {
  try {
    return volumeOf(entry.name);
  } catch (cause) {
    if (DmError.is(cause)) throw new MalformedRecord(cause.message, { cause });
    throw cause;
  }
}

function byVolume(one: VolumeRecord, other: VolumeRecord): number {
  return one.volume < other.volume ? -1 : 1;
}
