export { asDmError, attempting, during, orUndo, withUndoError } from './failure/failure.ts';
export { KeyedLock } from './lock/keyed-lock.ts';
export { openThinPool } from './open-thin-pool.ts';
export { deviceNode } from './pool/device-node.ts';
export type {
  ActivateOptions,
  ChangedBlocksOptions,
  ChangedRange,
  DeleteOptions,
  MappedBytes,
  Orphan,
  PoolAudit,
  PoolEvent,
  RecoveryReport,
  SnapshotMarks,
  ThinPool,
  ThinPoolPorts,
  ThinPoolSettings,
  Volume,
  VolumeReader,
  VolumeSharing,
  VolumeUsage,
} from './thin-pool.ts';
export { throwIfAborted, withAnyOf } from './wait/cancel-source.ts';
export { Gate } from './wait/gate.ts';
