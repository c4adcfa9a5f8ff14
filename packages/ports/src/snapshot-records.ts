import type { Bytes, FilesystemType } from '@dmthin/domain';

/** containerd's kinds: a snapshot that is written to, one that is only read, and one that others are made from. */
export type SnapshotKind = 'active' | 'view' | 'committed';

/** What is known of a containerd snapshot beyond its volume. */
export interface SnapshotRecord {
  /** Never changes; its volume is called after it. */
  readonly id: number;
  readonly kind: SnapshotKind;
  /** The key of an active one or a view, the name of a committed one; any text but the empty one, and nobody else's. */
  readonly name: string;
  /** The name of the committed snapshot it was made from; undefined: from an empty filesystem. */
  readonly parent: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly createdAt: bigint;
  readonly updatedAt: bigint;
  readonly filesystem: FilesystemType;
  /** All that the volume had mapped when it was committed; undefined for one that is not. */
  readonly mapped: Bytes | undefined;
}

/** A snapshot's record that could not be read; it was set aside, with all its bytes. */
export interface BrokenSnapshotRecord {
  readonly id: number;
  readonly reason: string;
}

export interface LoadedSnapshotRecords {
  /** By id. */
  readonly snapshots: readonly SnapshotRecord[];
  /** Those of this load and of every one before: the volumes of their ids are not nobody's. */
  readonly broken: readonly BrokenSnapshotRecord[];
}

/**
 * The snapshots of one root, kept beside its `Records` and closed with them.
 *
 * A save that resolved lasts, over a power cut too. One that was cut off left the old record or the new one, whole. Saves
 * are done in the order of the calls. What they reject with is as for `Records`.
 */
export interface SnapshotRecords {
  /** Everything there is; one bad record never keeps the rest from being read. */
  load(): Promise<LoadedSnapshotRecords>;
  save(record: SnapshotRecord): Promise<void>;
  /** Succeeds where there is none. */
  remove(id: number): Promise<void>;
}
