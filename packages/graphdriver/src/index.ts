export type {
  Change,
  ChangeKind,
  CreateLayerOptions,
  DriverStatus,
  GraphDriver,
  Layer,
  LayerMetadata,
} from './graph-driver.ts';
