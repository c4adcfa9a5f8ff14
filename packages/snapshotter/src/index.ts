export type { Labels } from './label/labels.ts';
export { openSnapshotter } from './open-snapshotter.ts';
export type { SnapshotterPorts, SnapshotterSettings } from './ports.ts';
export type {
  CommitOptions,
  SnapshotInfo,
  SnapshotMount,
  Snapshotter,
  SnapshotterStatus,
  SnapshotUsage,
} from './snapshotter.ts';
