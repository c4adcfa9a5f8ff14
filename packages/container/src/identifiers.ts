import type { ThinPool } from '@dmthin/engine';
import type { GraphDriver } from '@dmthin/graphdriver';
import type { LinuxHost } from '@dmthin/host-linux';
import type {
  BlockDevices,
  Clock,
  FileAttributes,
  Filesystems,
  InOrder,
  Kernel,
  LastingFiles,
  Log,
  LoopDevices,
  Mounts,
  Records,
  SmallFiles,
  SnapshotRecords,
  VolumeGroups,
} from '@dmthin/ports';
import type { RootLock } from '@dmthin/records-docker';
import type { LmdbRecords } from '@dmthin/records-lmdb';
import type { Snapshotter } from '@dmthin/snapshotter';
import type { ServiceIdentifier } from 'inversify';
import type { ClosingStack } from './closing-stack.ts';
import type { FakeMachine } from './machine/fake-machine.ts';
import type { LinuxKernel } from './machine/linux-kernel.ts';

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
/** Nothing where node's own calls do: on the fake machine. */
export const SMALL_FILES: ServiceIdentifier<SmallFiles | undefined> = id<SmallFiles | undefined>('SmallFiles');
/** Nothing where records are saved step by step. */
export const LASTING_FILES: ServiceIdentifier<LastingFiles | undefined> = id<LastingFiles | undefined>('LastingFiles');
/** Nothing where each call of a port goes its own way. */
export const IN_ORDER: ServiceIdentifier<InOrder | undefined> = id<InOrder | undefined>('InOrder');
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
/** The kernel with what it shares with the host; bound with kernels `ioctl` and `dmsetup`. */
export const LINUX_KERNEL: ServiceIdentifier<LinuxKernel> = id<LinuxKernel>('LinuxKernel');
/** What the host's ports are taken from; bound with kernels `ioctl` and `dmsetup`. */
export const LINUX_HOST: ServiceIdentifier<LinuxHost> = id<LinuxHost>('LinuxHost');
export const GRAPH_DRIVER: ServiceIdentifier<GraphDriver> = id<GraphDriver>('GraphDriver');
/** The volumes of a root without layers; a root is opened as one or the other. */
export const THIN_POOL: ServiceIdentifier<ThinPool> = id<ThinPool>('ThinPool');
/** containerd's snapshots of a root, which is opened for them and for nothing else. */
export const SNAPSHOTTER: ServiceIdentifier<Snapshotter> = id<Snapshotter>('Snapshotter');
