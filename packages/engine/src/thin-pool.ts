import type {
  Bytes,
  DataBlocks,
  DeviceName,
  DeviceNumber,
  MetadataBlocks,
  PoolStatus,
  ThinId,
  TransactionId,
  VolumeId,
} from '@dmthin/domain';
import type {
  BlockDevices,
  CancelSignal,
  Clock,
  InOrder,
  InOrderOutcome,
  Kernel,
  LoadedRecords,
  Log,
  PoolIdentity,
  PoolRecord,
  PortCall,
  Records,
} from '@dmthin/ports';
/** A named thin device. A value: what was true when it was asked for. */
export interface Volume {
  readonly id: VolumeId;
  readonly thinId: ThinId;
  readonly size: Bytes;
  readonly transactionId: TransactionId;
  /** Its device-mapper name; its node is `devicePath(deviceName)` while it is active. */
  readonly deviceName: DeviceName;
  readonly isInitialized: boolean;
  /** Marked for deferred deletion: it takes no more use. */
  readonly isDeleted: boolean;
}

export interface ThinPoolPorts {
  readonly kernel: Kernel;
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
  /** How calls in a row are made; one after the other where it is not given. */
  readonly inOrder?: InOrder | undefined;
}

export interface ThinPoolSettings {
  /** The pool's device-mapper name; the device is there and live. */
  readonly pool: DeviceName;
  /** What device names begin with; a dash and the volume's id follow. */
  readonly devicePrefix: string;
  /** Snapshots are refused when less than this share of data or metadata blocks is free, in percent; 0 never refuses. */
  readonly minFreeSpacePercent: number;
  /** Deactivate open devices by DM_DEFERRED_REMOVE instead of waiting. */
  readonly deferredRemoval: boolean;
  /** Mark busy volumes for deletion instead of failing. */
  readonly deferredDeletion: boolean;
  /**
   * Called before a volume is deleted, to give its blocks back (BLKDISCARD): the volume's device is live and nobody
   * else has it open. The volume is marked as deleted on disk by then, so that a crash in the middle cannot leave a
   * volume in use whose content is gone (defect 5). Its failure is logged and keeps no volume from being deleted. The
   * volume's lock is held meanwhile: do not ask the pool to change this volume from within.
   */
  readonly beforeDelete?: ((volume: Volume, signal?: CancelSignal) => Promise<void>) | undefined;
  /** Called with the pool's status before a snapshot is made, to refuse it for what the pool does not know. */
  readonly beforeSnapshot?: ((id: VolumeId, status: PoolStatus) => Promise<void>) | undefined;
  /**
   * What the caller takes this pool for. Compared with what is stored before anything is touched (defect 34), and
   * stored where nothing is; undefined compares and stores nothing.
   */
  readonly identity?: PoolIdentity | undefined;
  /** What `records.load()` gave to a caller that had to look into the records before there was a pool; else they are read. */
  readonly loaded?: LoadedRecords | undefined;
  /**
   * Called before a volume may come to differ from what it is: before a device is made live that can be written to, and
   * before it grows. Its failure keeps the volume as it is. The volume's lock is held meanwhile.
   */
  readonly beforeChange?: ((volume: Volume) => Promise<void>) | undefined;
  /** Where it is noted that this root holds a metadata snapshot; undefined notes nothing, and releases none at the opening. */
  readonly snapshotMarks?: SnapshotMarks | undefined;
  /** Called last by `close`, whatever it met: closes what was opened for this pool alone, such as its records. */
  readonly afterClose?: (() => Promise<void>) | undefined;
}

export interface ActivateOptions {
  /** The device takes no writes; a device that is live is made so too. */
  readonly readOnly?: boolean | undefined;
}

/** How much of the pool a volume has mapped. */
export interface VolumeUsage {
  readonly mapped: Bytes;
  /** The end of the highest mapped block; 0 where nothing is mapped. */
  readonly highest: Bytes;
}

/** How much every volume has mapped, what it shares with others included. */
export type MappedBytes = ReadonlyMap<VolumeId, Bytes>;

/** How much of the pool a volume has mapped, and how much of that other thin devices have mapped too. */
export interface VolumeSharing {
  readonly mapped: Bytes;
  /** What deleting it would free. */
  readonly exclusive: Bytes;
  readonly shared: Bytes;
}

/** A range of a volume in which it differs from another; in bytes. */
export interface ChangedRange {
  /** `changed`: it has blocks of its own there. `unmapped`: it has none, and reads as zeros, where the other has some. */
  readonly kind: 'changed' | 'unmapped';
  readonly offset: Bytes;
  readonly length: Bytes;
}

export interface ChangedBlocksOptions {
  /** The volume it is compared with; with nothing, all that it has mapped is changed. */
  readonly base?: VolumeId | undefined;
  /** Ranges that end before this offset are left out, one that it lies in is cut. */
  readonly from?: Bytes | undefined;
}

/** A volume that is read beside its own device, which need not be live. Offsets and lengths in bytes, whole sectors. */
export interface VolumeReader {
  readonly size: Bytes;
  /** @throws DmError IO (EIO). */
  read(offset: bigint, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Short words on disk. */
export interface SnapshotMarks {
  all(): Iterable<string>;
  /** `lasting`: resolves when a power cut will not take it back. */
  add(mark: string, options?: { readonly lasting?: boolean }): Promise<void>;
  /** Succeeds where there is none. */
  remove(mark: string): Promise<void>;
}

/** What opening found and did. */
export interface RecoveryReport {
  /**
   * What became of the last change: `none` was made ever, or it was `complete`; a making that was cut off was
   * `rolled-back`, a deletion that was cut off was `finished`; what was found cannot come from one change and was only
   * `reported`; or the pool takes no changes now, and it is `put-off` until the first one.
   */
  readonly intent: 'none' | 'complete' | 'rolled-back' | 'finished' | 'reported' | 'put-off';
  /** Human sentences, one per thing found: broken records, an intent behind the pool, the pool's state, devices mended. */
  readonly findings: readonly string[];
}

export type PoolEvent =
  /** The pool went from one mode to another (`rw`, `ro`, `out_of_data_space`, `Fail`). */
  | { readonly kind: 'mode'; readonly from: string; readonly to: string }
  /** Free data or metadata blocks fell to the low water mark or below. */
  | { readonly kind: 'low-data'; readonly free: DataBlocks }
  | { readonly kind: 'low-metadata'; readonly free: MetadataBlocks };

/** A thin device that no volume of this root has. */
export interface Orphan {
  readonly thinId: ThinId;
  /** What it has mapped, what it shares with others included. */
  readonly mapped: Bytes;
}

/** Where the pool and the records do not say the same. */
export interface PoolAudit {
  /** Volumes whose thin device the pool does not have: their content is gone. */
  readonly lost: readonly VolumeId[];
  /** Thin devices that no record names: they hold space, and nobody reaches them. */
  readonly orphans: readonly Orphan[];
}

export interface DeleteOptions {
  /** Fail with BUSY rather than defer. */
  readonly sync?: boolean | undefined;
}

/**
 * A thin pool and its volumes. All changes keep the order of design.md section 4 (intent, kernel, record, transaction
 * id), so that a crash at any step leaves every acknowledged volume as it was acknowledged.
 *
 * Rejects with CLOSED after `close`, ABORTED when a signal fires before the change was begun. Reads take no lock.
 */
export interface ThinPool extends AsyncDisposable {
  readonly name: DeviceName;
  /** Of one data block. */
  readonly blockSize: Bytes;
  readonly recovery: RecoveryReport;
  /** The pool as it was when it was opened: what is true of it for good, and its status then. */
  readonly opened: { readonly number: DeviceNumber; readonly status: PoolStatus };
  /** How many volumes there are now, and how many of them are marked as deleted. */
  readonly counts: { readonly all: number; readonly deleted: number };
  /** The volumes now, deleted ones included, in no order. Costs nothing proportional to what is not read. */
  volumes(): Iterable<Volume>;
  /** undefined: there is no such volume. */
  find(id: VolumeId): Volume | undefined;
  /** @throws DmError NOT_FOUND. */
  get(id: VolumeId): Volume;

  /** Makes an empty volume. @throws DmError ALREADY_EXISTS, NO_SPACE (pool, thin ids), READ_ONLY (pool mode). */
  create(id: VolumeId, size: Bytes, signal?: CancelSignal): Promise<Volume>;
  /** From now on. See `ThinPoolSettings.minFreeSpacePercent`. */
  setMinFreeSpace(percent: number): void;
  /**
   * Makes a copy-on-write copy of `origin` as it is now; an active origin is suspended (and its filesystem frozen)
   * meanwhile. `size` defaults to the origin's and may be larger; the filesystem is the caller's to grow. `before` is done
   * before anything is begun, in the hop that looks at the pool; it may be done several times, and where nothing is made.
   * @throws DmError NOT_FOUND (origin), ALREADY_EXISTS, INVALID_ARGUMENT (smaller), NO_SPACE, READ_ONLY.
   */
  snapshot(
    id: VolumeId,
    origin: VolumeId,
    size?: Bytes,
    signal?: CancelSignal,
    before?: readonly PortCall[],
  ): Promise<Volume>;
  /**
   * Deletes: `deleted` when it is gone, `deferred` when it is busy and marked instead. A volume the pool does not know
   * (any more) is deleted by removing its record.
   * @throws DmError NOT_FOUND, BUSY.
   */
  delete(id: VolumeId, options?: DeleteOptions, signal?: CancelSignal): Promise<'deleted' | 'deferred'>;
  /** Makes the volume's device live; succeeds where it is. Cancels a deferred removal that is under way. */
  activate(id: VolumeId, options?: ActivateOptions, signal?: CancelSignal): Promise<DeviceName>;
  /**
   * Brings onto the device what a filesystem mounted on it holds back: suspends and resumes it where it is live and open.
   * What is mapped from then on is what `usage` says.
   */
  flush(id: VolumeId, signal?: CancelSignal): Promise<void>;
  /**
   * As `activate`; then makes `calls`, in one go with it where the ports can. `outcome` is that of the calls alone; the
   * device stays, however they end.
   */
  activateAnd(
    id: VolumeId,
    calls: readonly PortCall[],
    options?: ActivateOptions,
    signal?: CancelSignal,
  ): Promise<{ readonly deviceName: DeviceName; readonly outcome: InOrderOutcome }>;
  /**
   * Takes the device away; succeeds where there is none. With deferred removal an open device goes with its last close;
   * without, this waits up to 20 s for that.
   * @throws DmError BUSY: still open after the wait.
   */
  deactivate(id: VolumeId, signal?: CancelSignal): Promise<void>;
  /** Makes `calls` and then does as `deactivate`, in one go where the ports can; throws what the first of them throws. */
  deactivateAfter(id: VolumeId, calls: readonly PortCall[], signal?: CancelSignal): Promise<void>;
  /** Makes the volume larger, its live device too. Equal size succeeds. @throws DmError INVALID_ARGUMENT: smaller. */
  grow(id: VolumeId, size: Bytes, signal?: CancelSignal): Promise<Volume>;
  /** Notes that the volume's filesystem is made. */
  markInitialized(id: VolumeId): Promise<void>;
  /** Reads the live device's status; undefined where the volume is not active. */
  usage(id: VolumeId): Promise<VolumeUsage | undefined>;

  /**
   * What every volume has mapped, live or not, as of the pool's last commit; read from its metadata, in a few reads.
   * @throws DmError BUSY: the pool is written to faster than it can be read, and another program holds its metadata
   * snapshot. CORRUPT, IO: its metadata. NOT_FOUND: there
   * is no node of its metadata device.
   */
  mapped(blockDevices: BlockDevices): Promise<MappedBytes>;
  /**
   * What every volume shares with others and what it does not, at one moment: one pass over all mappings of the pool, whose
   * metadata snapshot is taken meanwhile. Memory grows with the blocks mapped, four bytes each.
   * @throws DmError BUSY: another program holds a metadata snapshot. READ_ONLY, NO_SPACE: none can be taken. CORRUPT, IO.
   */
  sharing(blockDevices: BlockDevices, signal?: CancelSignal): Promise<ReadonlyMap<VolumeId, VolumeSharing>>;

  /**
   * In which ranges a volume differs from another, in the order of their offsets, as far as the pool's metadata tell: what
   * both map to the same data block is the same, what was written again counts as changed even where the bytes are equal.
   * Ranges in blocks of the pool, the last one cut where the volume ends. Each 16,384 ranges are of one moment; a
   * volume that is written to meanwhile may have more than its moment shows.
   * @throws DmError NOT_FOUND. CONFLICT: it was deleted and made anew meanwhile. As `sharing`.
   */
  changedBlocks(
    blockDevices: BlockDevices,
    id: VolumeId,
    options?: ChangedBlocksOptions,
    signal?: CancelSignal,
  ): AsyncIterable<ChangedRange>;
  /**
   * Makes a device of its own for the volume's content, which cannot be written to, and opens it; closing takes it away.
   * What a live device of the volume still holds in its cache is not in it.
   * @throws DmError NOT_FOUND, CONFLICT: marked for deletion. NO_DATA: the pool has it not.
   */
  openReader(blockDevices: BlockDevices, id: VolumeId): Promise<VolumeReader>;
  /**
   * The pool's metadata as they are at one moment, as thin_dump's XML, which `dmthin metadata restore` and thin_restore
   * take. Holds a metadata snapshot until the last is read.
   * @throws DmError as `sharing`.
   */
  metadataBackup(blockDevices: BlockDevices, signal?: CancelSignal): AsyncIterable<Uint8Array>;

  /** The pool's own status; does not commit. Takes no lock. */
  status(): Promise<PoolStatus>;
  /** What is known of the set beside the volumes; the last thin id is stored with the next save. */
  readonly poolRecord: PoolRecord;
  savePoolRecord(change: Partial<Omit<PoolRecord, 'lastThinId'>>): Promise<void>;
  /** Tries once to delete every volume that is marked; resolves to how many went. The worker does so every 30 s. */
  deleteMarked(signal?: CancelSignal): Promise<number>;
  /**
   * Compares the thin devices that the pool has with the volumes. Changes nothing; other changes wait meanwhile.
   * @throws DmError BUSY: the pool is written to faster than it can be read, and another program holds its metadata
   * snapshot. CORRUPT, IO: its metadata. NOT_FOUND: there is
   * no node of its metadata device.
   */
  audit(blockDevices: BlockDevices): Promise<PoolAudit>;
  /**
   * Deletes a thin device that no volume has. The caller knows that it is nobody else's, either.
   * @throws DmError CONFLICT: a volume has it. NO_DATA: the pool has it not. BUSY: a device stands on it. READ_ONLY.
   */
  deleteOrphan(thinId: ThinId): Promise<void>;
  /** The pool's events from now on, until the signal fires. */
  events(signal: CancelSignal): AsyncIterable<PoolEvent>;

  /**
   * Ends the worker and the events, cuts waits short and waits for what is under way; saves the pool record. Touches no
   * device, and leaves the kernel and the records open. Closing twice is well.
   */
  close(): Promise<void>;
}
