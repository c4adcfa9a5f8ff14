import type { IdMaps, StorageOptions } from '@dmthin/domain';
import type {
  BlockDevices,
  Clock,
  FileAttributes,
  Filesystems,
  InOrder,
  Kernel,
  Log,
  LoopDevices,
  Mounts,
  Records,
  SmallFiles,
  VolumeGroups,
} from '@dmthin/ports';

/** What the driver stands on. All of it stays the caller's to close, after the driver. */
export interface GraphDriverPorts {
  readonly kernel: Kernel;
  /** Of the same root; opening them has taken it for this process. */
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
  readonly blockDevices: BlockDevices;
  readonly loopDevices: LoopDevices;
  readonly filesystems: Filesystems;
  readonly mounts: Mounts;
  readonly fileAttributes: FileAttributes;
  /** For dm.directlvm_device alone; undefined where this host has no LVM that the driver could use. */
  readonly volumeGroups?: VolumeGroups | undefined;
  /** Node's own calls where it is not given. */
  readonly smallFiles?: SmallFiles | undefined;
  /** How calls in a row are made; one after the other where it is not given. */
  readonly inOrder?: InOrder | undefined;
}

export interface GraphDriverSettings {
  /** Docker's `<docker root>/devicemapper`; absolute. Made where it is missing. */
  readonly root: string;
  readonly options: StorageOptions;
  /**
   * The user namespace of those who use the layers: files have its owners on disk and the container's in tars, and a
   * layer's new root directory is its root's. The host's own where it is not given.
   */
  readonly idMaps?: IdMaps | undefined;
  /**
   * Which layer was made from which, layer to parent, where somebody else knows: a Docker store's layer database. Noted at
   * the start for layers of which nothing is noted yet.
   */
  readonly parents?: ReadonlyMap<string, string> | undefined;
  /**
   * How many use each layer that is found mounted, where somebody else knows; one, where nobody does, as Docker counts
   * (docker-devicemapper.md 7.5). More than none.
   */
  readonly users?: ReadonlyMap<string, number> | undefined;
  /** Called last by `close` and `release`: closes what was opened for this driver alone, such as its records. */
  readonly afterClose?: (() => Promise<void>) | undefined;
}
