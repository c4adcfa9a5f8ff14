export { openThinPool } from './open-thin-pool.ts';
export type {
  DeleteOptions,
  PoolEvent,
  RecoveryReport,
  ThinPool,
  ThinPoolPorts,
  ThinPoolSettings,
  Volume,
  VolumeUsage,
} from './thin-pool.ts';
