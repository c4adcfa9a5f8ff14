import type { FilesystemType } from '@dmthin/domain';
import type {
  BlockDevices,
  BlockHandle,
  BlockLayer,
  FileAttributes,
  Filesystems,
  Kernel,
  LoopDevices,
  Mounts,
  VolumeGroups,
} from '@dmthin/ports';
import { FakeFileAttributes } from './attributes/fake-file-attributes.ts';
import { DevicePaths } from './device/device-paths.ts';
import { FakeBlockDevices } from './device/fake-block-devices.ts';
import { HostFaults } from './fault/faults.ts';
import { FakeFilesystems } from './filesystem/fake-filesystems.ts';
import { FakeLoopDevices, type SavedLoop } from './loop/fake-loop-devices.ts';
import type { FileBackedStore } from './loop/loop-store.ts';
import { FakeVolumeGroups } from './lvm/fake-volume-groups.ts';
import { FakeMounts } from './mount/fake-mounts.ts';
import type { SavedMount } from './mount/mounted-tree.ts';

export interface FakeHostOptions {
  /** The block side of the kernel in memory. */
  readonly layer: BlockLayer;
  /** Opens an existing file as the store of a loop device. */
  readonly openStore: (file: string, readOnly: boolean) => FileBackedStore;
  /** The control side of the kernel in memory, for the mapped devices of LVM; without it there is no LVM. */
  readonly kernel?: Pick<Kernel, 'sequence' | 'remove'> | undefined;
  /** A directory of this host's own, best on the file system that the mount targets are on; made where it is missing. */
  readonly stateDirectory: string;
  /** What can be made and mounted, the preferred first; xfs and ext4 where it is not given. */
  readonly filesystems?: readonly FilesystemType[] | undefined;
  /** As many as minor numbers where it is not given. */
  readonly maxLoopDevices?: number | undefined;
}

/** What a host needs to be taken up by a later process. JSON keeps it whole. */
export interface SavedFakeHost {
  readonly loops: readonly SavedLoop[];
  readonly mounts: readonly SavedMount[];
}

/** A Linux host in memory: everything a pool's driver asks of a host besides device-mapper. */
export interface FakeHost {
  readonly blockDevices: BlockDevices;
  readonly loopDevices: LoopDevices;
  readonly filesystems: Filesystems;
  readonly mounts: Mounts;
  readonly fileAttributes: FileAttributes;
  /** undefined: made without a kernel. */
  readonly volumeGroups: VolumeGroups | undefined;
  readonly faults: HostFaults;
  /**
   * What is attached and mounted, for `restoreLoops` and `restoreMounts` in a later process; the files of mounts stay in
   * their targets. Nothing is written back: what a power cut then takes is what was not synced.
   */
  save(): Promise<SavedFakeHost>;
  /** Attaches the loop devices of an earlier run; mapped devices that stand on them come after. */
  restoreLoops(saved: SavedFakeHost): Promise<void>;
  /** Takes up the mounts of an earlier run, once their devices are there. */
  restoreMounts(saved: SavedFakeHost): Promise<void>;
  /**
   * The start of a host after a power cut, its own or that of a process which saved nothing: nothing is attached or
   * mounted, what was not synced is lost, and mount targets hold what they held before.
   */
  reset(): Promise<void>;
}

/** A loop device's minor number has 20 bits. */
const MAX_MINORS = 1 << 20;

export function createFakeHost(options: FakeHostOptions): FakeHost {
  const {
    layer,
    kernel,
    openStore,
    stateDirectory,
    filesystems = ['xfs', 'ext4'],
    maxLoopDevices = MAX_MINORS,
  } = options;
  const faults = new HostFaults();
  const loops = new FakeLoopDevices({ layer, openStore, maxLoopDevices, faults });
  layer.onLookup((path) => loops.lookup(path));
  const paths = new DevicePaths(layer, (path) => loops.lookup(path));
  const close = (handle: BlockHandle): void => loops.closePlainly(handle.number, () => handle.close());
  const mounts = new FakeMounts({ layer, paths, faults, supported: filesystems, stateDirectory, close });
  const blockDevices = new FakeBlockDevices({
    layer,
    paths,
    faults,
    close: (number, close) => loops.closePlainly(number, close),
  });
  return {
    blockDevices,
    volumeGroups: kernel && new FakeVolumeGroups({ kernel, blockDevices, loopDevices: loops, faults }),
    loopDevices: loops,
    filesystems: new FakeFilesystems({
      layer,
      paths,
      faults,
      mounts,
      supported: filesystems,
      close,
    }),
    mounts,
    fileAttributes: new FakeFileAttributes(mounts),
    faults,
    save: async () => ({ loops: loops.save(), mounts: await mounts.save() }),
    restoreLoops: (saved) => loops.restore(saved.loops),
    restoreMounts: (saved) => mounts.restore(saved.mounts),
    reset: async () => {
      await mounts.reset();
      loops.forget();
    },
  };
}
