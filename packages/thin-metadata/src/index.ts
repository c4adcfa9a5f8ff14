export { MemoryMetadataDevice } from './device/memory-metadata-device.ts';
export type { MetadataDevice } from './device/metadata-device.ts';
export type { DeviceDetails } from './format/device-details.ts';
export type { KernelRelease } from './pool/held-copy.ts';
export type { MappedRange, Mapping } from './pool/mapped-range.ts';
export { type OpenPoolOptions, openPoolMetadata, PoolMetadata } from './pool/pool-metadata.ts';
export type { ThinDevice } from './pool/thin-device.ts';
export { MAX_METADATA_BLOCKS } from './space-map/metadata-space-map.ts';
