import type { Bytes, DeviceName, PoolStatus } from '@dmthin/domain';
import type { RecoveryReport } from '@dmthin/engine';
import type { CancelSignal, SnapshotKind } from '@dmthin/ports';
import type { Labels } from './label/labels.ts';

/** A snapshot as containerd knows it. A value: what was true when it was asked for. */
export interface SnapshotInfo {
  readonly kind: SnapshotKind;
  /** The key of an active one or a view, the name of a committed one. */
  readonly name: string;
  readonly parent: string | undefined;
  readonly labels: Labels;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly createdAt: bigint;
  readonly updatedAt: bigint;
}

/** How whoever asked mounts a snapshot: the words of mount(8). */
export interface SnapshotMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface SnapshotUsage {
  /** What it has mapped beyond its parent. */
  readonly size: Bytes;
}

/** How the snapshotter and its pool are. */
export interface SnapshotterStatus {
  readonly poolName: DeviceName;
  readonly pool: PoolStatus;
  /** Of one data block. */
  readonly blockSize: Bytes;
  readonly snapshots: number;
  /** Volumes of removed snapshots that are still there. */
  readonly outstanding: number;
}

export interface CommitOptions {
  readonly labels?: Labels | undefined;
  /** Has to be the one that it has. */
  readonly parent?: string | undefined;
}

/**
 * containerd's snapshots on a thin pool: each is a volume with a filesystem, made as a copy-on-write snapshot of its
 * parent's. What a method has answered lasts, over a power cut too; what was cut off never was.
 *
 * Besides what is named, methods reject with what the engine and its ports throw: NO_SPACE and READ_ONLY (the pool),
 * CORRUPT (a snapshot whose volume is lost), IO, ABORTED, CLOSED.
 */
export interface Snapshotter extends AsyncDisposable {
  /** What opening found and did. */
  readonly recovery: RecoveryReport;

  /**
   * Makes an active snapshot: a writable copy of `parent`, or an empty filesystem. The label
   * `containerd.io/snapshot/max-size` makes it that large instead of as large as its parent.
   * @throws DmError NOT_FOUND (parent), ALREADY_EXISTS (key), INVALID_ARGUMENT: the parent is not committed, or larger.
   */
  prepare(
    key: string,
    parent: string | undefined,
    labels?: Labels,
    signal?: CancelSignal,
  ): Promise<readonly SnapshotMount[]>;
  /** As `prepare`, but its device takes no writes. */
  view(
    key: string,
    parent: string | undefined,
    labels?: Labels,
    signal?: CancelSignal,
  ): Promise<readonly SnapshotMount[]>;
  /** Makes the device of an active snapshot or a view live. @throws DmError NOT_FOUND. CONFLICT: it is committed. */
  mounts(key: string, signal?: CancelSignal): Promise<readonly SnapshotMount[]>;
  /**
   * Makes an active snapshot the committed one `name`. Its labels are replaced.
   * @throws DmError NOT_FOUND (key), ALREADY_EXISTS (name), CONFLICT: it is not active. INVALID_ARGUMENT: another parent
   * than its own. NOT_SUPPORTED: a parent for one that was made without.
   */
  commit(name: string, key: string, options?: CommitOptions, signal?: CancelSignal): Promise<void>;
  /**
   * Removes a snapshot. Where deletion may be deferred its volume goes later, without anybody waiting for it.
   * @throws DmError NOT_FOUND. CONFLICT: others were made from it. BUSY: it is mounted, and deletion may not be deferred.
   */
  remove(key: string, signal?: CancelSignal): Promise<void>;
  /** @throws DmError NOT_FOUND. */
  stat(key: string): SnapshotInfo;
  /**
   * Changes labels: `fields` are a field mask's paths, `labels` or `labels.KEY`; all labels are replaced where there are none.
   * @throws DmError NOT_FOUND. INVALID_ARGUMENT: another field.
   */
  update(name: string, labels: Labels, fields?: readonly string[]): Promise<SnapshotInfo>;
  /** The snapshots that any of the filters takes, by name. @throws DmError INVALID_ARGUMENT: a filter that is none. */
  list(filters?: readonly string[]): readonly SnapshotInfo[];
  /** Reads a status at most, so that it can be asked for of every snapshot all the time. @throws DmError NOT_FOUND. */
  usage(key: string): Promise<SnapshotUsage>;
  /** Deletes what removals have left. @throws DmError what keeps one of them; the others are deleted. */
  cleanUp(signal?: CancelSignal): Promise<void>;

  /** The pool's own status, and how much there is. Takes no lock. */
  status(): Promise<SnapshotterStatus>;
  /** Lets go of pool and records when what is under way is done; devices stay for who has them mounted. Twice is well. */
  close(): Promise<void>;
}
