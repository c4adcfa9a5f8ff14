import type { Bytes, Deferral, FilesystemType } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import type { Clock, Filesystems, Log, Mounts, SnapshotRecords } from '@dmthin/ports';

/** What the snapshotter stands on. All but `pool`, which it closes, stays the caller's. */
export interface SnapshotterPorts {
  /** Of the same root as `records`; nobody else uses its volumes. */
  readonly pool: ThinPool;
  readonly records: SnapshotRecords;
  readonly filesystems: Filesystems;
  readonly mounts: Mounts;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SnapshotterSettings {
  /** A directory of its own, absolute and without links, where it mounts filesystems for a moment. */
  readonly mountDirectory: string;
  /** Of snapshots without a parent and without a size of their own (`dm.basesize`). */
  readonly baseSize: Bytes;
  /** `dm.fs`; ext4 where it is not given, as containerd's own. */
  readonly filesystem?: FilesystemType | undefined;
  /** `dm.mkfsarg`. */
  readonly mkfsArguments: readonly string[];
  /** `dm.mountopt`. */
  readonly mountOptions: readonly string[];
  readonly deferral: Deferral;
}
