export type { Intent, ThinIdConflict } from '@dmthin/domain';
export type { CancelSignal } from './abort.ts';
export type { BlockDevice, BlockDevices, OpenBlockOptions } from './block-devices.ts';
export type { BlockHandle, BlockLayer, BlockStore, OpenHandleOptions } from './block-layer.ts';
export type { Clock } from './clock.ts';
export type { FileAttributes, FilePath } from './file-attributes.ts';
export type { FilesystemInfo, Filesystems, MakeOptions } from './filesystems.ts';
export { type InOrder, type InOrderOutcome, on, oneAfterAnother, type PortCall } from './in-order.ts';
export type { Ioctl, IoctlReply } from './ioctl.ts';
export type {
  CreateOptions,
  DeviceInfo,
  Kernel,
  KernelCapabilities,
  KernelCommand,
  KernelVersion,
  ListedDevice,
  LoadOptions,
  RemoveOptions,
  StatusOptions,
  SuspendOptions,
  TargetStatus,
  TargetVersion,
} from './kernel.ts';
export type { Log, LogLevel } from './log.ts';
export type { AttachOptions, LoopDevice, LoopDevices } from './loop-devices.ts';
export type { MountPoint, MountRequest, Mounts, UnmountOptions } from './mounts.ts';
export type {
  BrokenRecord,
  LoadedRecords,
  PoolIdentity,
  PoolRecord,
  Records,
  VolumeRecord,
} from './records.ts';
export type { LastingFiles, NewDirectory, SmallFiles } from './small-files.ts';
export type {
  BrokenSnapshotRecord,
  LoadedSnapshotRecords,
  SnapshotKind,
  SnapshotRecord,
  SnapshotRecords,
} from './snapshot-records.ts';
export type { PhysicalVolumeInfo, VolumeGroups } from './volume-groups.ts';
