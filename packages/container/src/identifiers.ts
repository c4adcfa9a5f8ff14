import type { ThinPool } from '@dmthin/engine';
import type { GraphDriver } from '@dmthin/graphdriver';
import type { LinuxHost } from '@dmthin/host-linux';
import type {
  BlockDevices,
  Clock,
  FileAttributes,
  Filesystems,
  Kernel,
  Log,
  LoopDevices,
  Mounts,
  Records,
  SnapshotRecords,
  VolumeGroups,
} from '@dmthin/ports';
import type { RootLock } from '@dmthin/records-docker';
import type { LmdbRecords } from '@dmthin/records-lmdb';
import type { Snapshotter } from '@dmthin/snapshotter';
import type { ServiceIdentifier } from 'inversify';
import type { ClosingStack } from './closing-stack.ts';
import type { FakeMachine } from './machine/fake-machine.ts';

/** A symbol narrows to `symbol` in its own module; this keeps the type it stands for. */
const id = <T>(name: string): ServiceIdentifier<T> => Symbol.for(`dmthin/${name}`);

export const KERNEL: ServiceIdentifier<Kernel> = id<Kernel>('Kernel');
export const BLOCK_DEVICES: ServiceIdentifier<BlockDevices> = id<BlockDevices>('BlockDevices');
export const LOOP_DEVICES: ServiceIdentifier<LoopDevices> = id<LoopDevices>('LoopDevices');
export const FILESYSTEMS: ServiceIdentifier<Filesystems> = id<Filesystems>('Filesystems');
export const MOUNTS: ServiceIdentifier<Mounts> = id<Mounts>('Mounts');
export const FILE_ATTRIBUTES: ServiceIdentifier<FileAttributes> = id<FileAttributes>('FileAttributes');
/** LVM, for dm.directlvm_device; not bound where the driver cannot use it. */
export const VOLUME_GROUPS: ServiceIdentifier<VolumeGroups | undefined> = id<VolumeGroups | undefined>('VolumeGroups');
export const RECORDS: ServiceIdentifier<Records> = id<Records>('Records');
/** containerd's snapshots; bound with the snapshotter only. */
export const SNAPSHOT_RECORDS: ServiceIdentifier<SnapshotRecords> = id<SnapshotRecords>('SnapshotRecords');
/** The database that both kinds of records are in, where they are in one. */
export const LMDB_RECORDS: ServiceIdentifier<LmdbRecords> = id<LmdbRecords>('LmdbRecords');
export const CLOCK: ServiceIdentifier<Clock> = id<Clock>('Clock');
export const LOG: ServiceIdentifier<Log> = id<Log>('Log');
/** This process's hold on the root. */
export const ROOT_LOCK: ServiceIdentifier<RootLock> = id<RootLock>('RootLock');
/** Closes what was opened for the driver, after it. */
export const CLOSING: ServiceIdentifier<ClosingStack> = id<ClosingStack>('Closing');
/** The machine in memory, for tests that make it fail; bound with kernel `fake` only. */
export const FAKE_MACHINE: ServiceIdentifier<FakeMachine> = id<FakeMachine>('FakeMachine');
/** What the host's ports are taken from; bound with kernels `ioctl` and `dmsetup`. */
export const LINUX_HOST: ServiceIdentifier<LinuxHost> = id<LinuxHost>('LinuxHost');
export const GRAPH_DRIVER: ServiceIdentifier<GraphDriver> = id<GraphDriver>('GraphDriver');
/** The volumes of a root without layers; a root is opened as one or the other. */
export const THIN_POOL: ServiceIdentifier<ThinPool> = id<ThinPool>('ThinPool');
/** containerd's snapshots of a root, which is opened for them and for nothing else. */
export const SNAPSHOTTER: ServiceIdentifier<Snapshotter> = id<Snapshotter>('Snapshotter');
