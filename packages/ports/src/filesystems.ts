import type { FilesystemType } from '@dmthin/domain';
import type { CancelSignal } from './abort.ts';

/** What is on a device. */
export interface FilesystemInfo {
  /** `ext4`, `xfs`, `btrfs`, ... */
  readonly type: string;
  /** In lower case with dashes; empty where the filesystem has none. */
  readonly uuid: string;
}

export interface MakeOptions {
  readonly type: FilesystemType;
  /** Further arguments of mkfs, one element each (`dm.mkfsarg`). */
  readonly arguments?: readonly string[] | undefined;
}

/** Filesystems on block devices, as mkfs, blkid and the grow tools know them. */
export interface Filesystems {
  /** What can be made and mounted here, the preferred first (xfs before ext4, as Docker prefers). */
  supported(): Promise<readonly FilesystemType[]>;
  /**
   * What is on the device at `path`, by its magic; undefined where nothing known is.
   * @throws DmError NOT_FOUND: no such device. IO (EIO).
   */
  probe(path: string): Promise<FilesystemInfo | undefined>;
  /**
   * Formats the device; what was on it is lost.
   * @throws DmError NOT_FOUND: no such device. NOT_SUPPORTED: no such mkfs here. INVALID_ARGUMENT: mkfs refused its
   * arguments. BUSY: mounted, or used by a table. NO_SPACE, IO.
   */
  make(path: string, options: MakeOptions, signal?: CancelSignal): Promise<void>;
  /**
   * Grows the filesystem that is mounted at `mountPoint` to the size of its device; succeeds where it has it.
   * @throws DmError NOT_FOUND: nothing is mounted there. NOT_SUPPORTED, NO_SPACE, IO.
   */
  grow(path: string, mountPoint: string, type: FilesystemType, signal?: CancelSignal): Promise<void>;
  /**
   * How often a mounted xfs on the device at `path` tries a metadata write again that found no space, before it shuts
   * down (`/sys/fs/xfs/<device>/error/metadata/ENOSPC/max_retries`).
   * @throws DmError NOT_FOUND: no xfs of this device is mounted. NOT_SUPPORTED: this kernel has no such setting.
   */
  setNoSpaceRetries(path: string, retries: bigint): Promise<void>;
}
