export type { ChangedRange, VolumeSharing } from '@dmthin/engine';
export type { Finding, FindingKind } from './check/finding.ts';
export { type ApplyOptions, applyDiff } from './diff/apply-diff.ts';
export { type ExportOptions, exportDiff, sizeOfChanges } from './diff/export-diff.ts';
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
  SpaceUse,
} from './graph-driver.ts';
export { openGraphDriver } from './open-graph-driver.ts';
export { openRootPool } from './open-root-pool.ts';
export { type RawPath, rawPath, rawPathOfText, showPath, textOfPath } from './path/raw-path.ts';
export type { GraphDriverPorts, GraphDriverSettings } from './ports.ts';
export type { Compression } from './send/compression.ts';
export { compareTrees, type TreeChange } from './tree/compare-trees.ts';
export { type LayerView, type ViewPorts, viewLayer } from './view/view-layer.ts';
