import type { DeviceNumber } from '@dmthin/domain';

export interface MountRequest {
  /** The device's node. */
  readonly source: string;
  /** An existing directory, absolute. */
  readonly target: string;
  readonly type: string;
  /** mount(8)'s words: `ro`, `nosuid`, `noatime`, ... become flags, the rest is the filesystem's own data. */
  readonly options?: readonly string[] | undefined;
}

export interface MountPoint {
  readonly target: string;
  readonly source: string;
  readonly type: string;
  readonly number: DeviceNumber;
}

export interface UnmountOptions {
  /** Detach now, clean up when the last user goes (MNT_DETACH). */
  readonly lazy?: boolean | undefined;
}

/** The mounts of this mount namespace. */
export interface Mounts {
  /**
   * @throws DmError NOT_FOUND: no such device or directory. INVALID_ARGUMENT (EINVAL): no such filesystem on it, an
   * option it refuses. BUSY (EBUSY): mounted there already. IO (EIO).
   */
  mount(request: MountRequest): Promise<void>;
  /**
   * @throws DmError INVALID_ARGUMENT (EINVAL): nothing is mounted there. BUSY (EBUSY): in use, and not `lazy`.
   * @throws DmError NO_SPACE (ENOSPC), IO (EIO): what was written last could not be kept; it is unmounted all the same.
   */
  unmount(target: string, options?: UnmountOptions): Promise<void>;
  /** What is mounted at `target`, exactly; the topmost where there are several. */
  find(target: string): Promise<MountPoint | undefined>;
  list(): Promise<readonly MountPoint[]>;
  /** Resolves when all that was written below `target` lasts (syncfs). @throws DmError NO_SPACE (ENOSPC), IO (EIO). */
  sync(target: string): Promise<void>;
}
