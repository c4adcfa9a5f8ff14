export {
  type Bytes,
  bytes,
  DmError,
  type DmErrorCode,
  devicePath,
  type IdMaps,
  type IdRange,
  parseSize,
  type VolumeId,
  volumeId,
} from '@dmthin/domain';
export type { ChangedRange, PoolEvent, ThinPool, Volume, VolumeSharing, VolumeUsage } from '@dmthin/engine';
export type {
  Change,
  ChangeKind,
  CreateLayerOptions,
  DriverStatus,
  GraphDriver,
  Layer,
  LayerMetadata,
  PendingReceive,
  SendOptions,
} from '@dmthin/graphdriver';
export type { Log, LogLevel, SnapshotKind } from '@dmthin/ports';
export {
  type DockerStore,
  type LayerRole,
  type StoredLayer,
  type SurveyOptions,
  surveyDockerStore,
} from '@dmthin/records-docker';
export type {
  CommitOptions,
  Labels,
  SnapshotInfo,
  SnapshotMount,
  Snapshotter,
  SnapshotterStatus,
  SnapshotUsage,
} from '@dmthin/snapshotter';
export {
  BLOCK_DEVICES,
  CLOCK,
  FAKE_MACHINE,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  GRAPH_DRIVER,
  KERNEL,
  LOG,
  LOOP_DEVICES,
  MOUNTS,
  RECORDS,
  SMALL_FILES,
  SNAPSHOT_RECORDS,
  SNAPSHOTTER,
  THIN_POOL,
  VOLUME_GROUPS,
} from './identifiers.ts';
export type { FakeMachine } from './machine/fake-machine.ts';
export { driverModules, snapshotterModules } from './modules/driver-modules.ts';
export { openGraphDriver } from './open-graph-driver.ts';
export type { KernelName, OpenOptions, SnapshotterOptions } from './open-options.ts';
export { openSnapshotter } from './open-snapshotter.ts';
export { openThinPool } from './open-thin-pool.ts';
export { systemClock } from './system-clock.ts';
export { viewDockerLayer } from './view-docker-layer.ts';
