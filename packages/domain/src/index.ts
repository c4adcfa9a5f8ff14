export { codeOfErrno, commandError } from './errors/command-error.ts';
export { DmError, type DmErrorCode, type DmErrorDetails } from './errors/dm-error.ts';
export { ERRNO, type ErrnoName, errnoName } from './errors/errno.ts';
export { abortedError, attempted, closedError } from './errors/refusals.ts';
export { type FilesystemType, filesystemType } from './filesystem/filesystem-type.ts';
export {
  type MountArguments,
  MS,
  mountArguments,
  mountWords,
  volumeMountWords,
} from './filesystem/mount-options.ts';
export { PROBE_LENGTH, type ProbedFilesystem, probeFilesystem } from './filesystem/probe.ts';
export { type GraphFault, type GraphNode, LayerGraph } from './graph/layer-graph.ts';
export { decodeDevice, encodeDevice } from './name/device-code.ts';
export { type DeviceName, deviceName, devicePath, MAX_DEVICE_NAME_BYTES } from './name/device-name.ts';
export { type DeviceNumber, formatDeviceNumber, parseDeviceNumber, sameDevice } from './name/device-number.ts';
export { type DeviceUuid, deviceUuid, MAX_DEVICE_UUID_BYTES } from './name/device-uuid.ts';
export {
  type DevicePrefix,
  devicePrefix,
  isReaderDevice,
  poolDeviceName,
  readerDeviceName,
  volumeDeviceName,
  volumeOfDevice,
} from './name/docker-names.ts';
export { thinPoolName } from './name/thin-pool-name.ts';
export { BASE_VOLUME, isVolumeId, MAX_VOLUME_ID_LENGTH, type VolumeId, volumeId } from './name/volume-id.ts';
export { type Deferral, resolveDeferral } from './options/deferral.ts';
export {
  DIRECT_LVM_DEFAULTS,
  type DirectLvmOptions,
  type DirectLvmShares,
} from './options/direct-lvm-options.ts';
export {
  grownBaseSize,
  LAYER_OPTION_ROWS,
  type LayerOptions,
  layerSize,
  parseLayerOptions,
} from './options/layer-options.ts';
export type { AnyOptionRow, OptionRow, OptionValues } from './options/option-row.ts';
export { OPTION_ROWS } from './options/option-rows.ts';
export { parseStorageOptions } from './options/parse-storage-options.ts';
export { changedOptions, type ReloadedOptions, reloadOptions } from './options/reload-options.ts';
export { DIRECT_LVM_POOL, type StorageOptions } from './options/storage-options.ts';
export { containerOwner, hostOwner, type IdMaps, type IdRange, type Owner } from './owner/id-maps.ts';
export { MAX_METADATA_SIZE, MIN_METADATA_SIZE, metadataSizeFor } from './pool/metadata-size.ts';
export { freeSpaceFault, type PoolFault, roomBelowFault, type ShortOfSpace } from './pool/pool-fault.ts';
export { poolFaultError } from './pool/pool-fault-error.ts';
export { type PoolSpace, poolSpace } from './pool/pool-space.ts';
export type { BlockUsage, PoolMode, PoolStatus } from './pool/pool-status.ts';
export { formatPoolStatus, parsePoolStatus } from './pool/pool-status-line.ts';
export { poolTroubles } from './pool/pool-troubles.ts';
export { parseBool } from './size/bool.ts';
export { humanSize } from './size/human-size.ts';
export { type Percent, parsePercent, percent } from './size/percent.ts';
export { parseSize } from './size/size.ts';
export { explainRefusedLoad, isRefusedLoad } from './table/missing-target.ts';
export {
  errorTable,
  formatLinearTarget,
  type LinearTarget,
  linearTable,
  parseLinearTarget,
  zeroTable,
} from './table/plain-targets.ts';
export {
  checkTable,
  formatTable,
  formatTargetLine,
  MAX_TABLE_LENGTH,
  parseTable,
  parseTargetLine,
  type Table,
  type TargetLine,
  tableLength,
} from './table/table.ts';
export {
  checkBlockSize,
  formatThinPoolTarget,
  MAX_BLOCK_SIZE,
  MIN_BLOCK_SIZE,
  parseThinPoolTarget,
  THIN_POOL_FEATURES,
  type ThinPoolFeature,
  type ThinPoolTable,
  type ThinPoolTarget,
  thinPoolTable,
} from './table/thin-pool-target.ts';
export { formatThinTarget, parseThinTarget, type ThinTable, type ThinTarget, thinTable } from './table/thin-target.ts';
export { MAX_THIN_ID, type ThinId, thinId } from './thin/thin-id.ts';
export { ThinIdAllocator } from './thin/thin-id-allocator.ts';
export { type ThinIdConflict, thinIdConflicts } from './thin/thin-id-conflicts.ts';
export { formatThinStatus, parseThinStatus, type ThinStatus } from './thin/thin-status.ts';
export { type Intent, openIntent, presenceProbe } from './transaction/intent.ts';
export {
  type RecordedChange,
  type Recovery,
  type RecoveryDoubt,
  type RecoveryFacts,
  type RecoveryStep,
  recoveryOf,
} from './transaction/recovery.ts';
export { RECOVERY_DOUBTS } from './transaction/recovery-doubts.ts';
export { nextTransactionId, type TransactionId, transactionId } from './transaction/transaction-id.ts';
export {
  type Bytes,
  bytes,
  bytesOf,
  type DataBlocks,
  dataBlocks,
  dataBytes,
  METADATA_BLOCK_SIZE,
  type MetadataBlocks,
  metadataBlocks,
  metadataBytes,
  SECTOR_SIZE,
  type Sectors,
  sectors,
  sectorsOf,
} from './units/units.ts';
