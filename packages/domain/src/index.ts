export { codeOfErrno, commandError } from './errors/command-error.ts';
export { DmError, type DmErrorCode, type DmErrorDetails } from './errors/dm-error.ts';
export { ERRNO, type ErrnoName, errnoName } from './errors/errno.ts';
export { type FilesystemType, filesystemType } from './filesystem/filesystem-type.ts';
export { type DeviceName, deviceName, devicePath, MAX_DEVICE_NAME_BYTES } from './name/device-name.ts';
export { type DeviceNumber, formatDeviceNumber, parseDeviceNumber, sameDevice } from './name/device-number.ts';
export { type DeviceUuid, deviceUuid, MAX_DEVICE_UUID_BYTES } from './name/device-uuid.ts';
export { BASE_VOLUME, MAX_VOLUME_ID_LENGTH, type VolumeId, volumeId } from './name/volume-id.ts';
export type { BlockUsage, PoolMode, PoolStatus } from './pool/pool-status.ts';
export { type Table, type TargetLine, tableLength } from './table/table.ts';
export { MAX_THIN_ID, type ThinId, thinId } from './thin/thin-id.ts';
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
