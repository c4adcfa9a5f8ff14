import type { DeviceNumber } from '@dmthin/domain';

/**
 * The bytes behind a plain disk of a kernel in memory. Synchronous: a fake answers from memory, or from the page cache
 * over a sparse file. Bytes never written read as zero.
 */
export interface BlockStore {
  /** In bytes; may grow while in use. */
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
  write(offset: number, data: Uint8Array): void;
  /** The range reads as zero afterwards and takes no room. */
  discard(offset: number, length: number): void;
  flush(): void;
}

export interface OpenHandleOptions {
  readonly readOnly?: boolean | undefined;
  readonly exclusive?: boolean | undefined;
  /** Called, and awaited, when the device is suspended with lockfs: the filesystem on it writes back what it holds. */
  readonly freeze?: (() => Promise<void>) | undefined;
}

/**
 * An open device of a kernel in memory; counts in its open count until closed. Offsets and lengths in bytes, whole
 * sectors. I/O is synchronous, so a device that is suspended answers BUSY (EAGAIN) where the real kernel lets the caller
 * wait; `resumed` tells when to try again.
 */
export interface BlockHandle {
  readonly number: DeviceNumber;
  /** The device's size now. */
  readonly size: number;
  /** Shorter where it reaches beyond the end. @throws DmError IO (EIO), BUSY (EAGAIN). */
  read(offset: number, length: number): Uint8Array;
  /**
   * @throws DmError IO (EIO), BUSY (EAGAIN), NOT_PERMITTED (EPERM): read-only. NO_SPACE (ENOSPC): a full pool, also one
   * that would let the caller wait for space (the wait of `no_space_timeout` passes in an instant); or beyond the end,
   * where what fits has been written.
   * `inPages`: not as one I/O but as the page cache writes, each page an I/O of its own, all under way at once.
   */
  write(offset: number, data: Uint8Array, inPages?: boolean): void;
  /** @throws DmError NOT_SUPPORTED (EOPNOTSUPP), INVALID_ARGUMENT (EINVAL), NOT_PERMITTED (EPERM). */
  discard(offset: number, length: number): void;
  /** @throws DmError IO (EIO), NO_SPACE (ENOSPC). */
  flush(): void;
  /** Resolves when the device is not suspended, or is gone. */
  resumed(): Promise<void>;
  close(): void;
}

/** The block side of a kernel in memory: what a host in memory stands on. */
export interface BlockLayer {
  /** Adds a plain disk, such as a loop device. @throws DmError ALREADY_EXISTS: the number is taken. */
  attach(number: DeviceNumber, store: BlockStore): void;
  /** @throws DmError BUSY: a table, mount or file has it open. NOT_FOUND. */
  detach(number: DeviceNumber): void;
  /** How many hold the plain disk open. @throws DmError NOT_FOUND. */
  openCount(number: DeviceNumber): number;
  /**
   * Opens a plain disk or a mapped device.
   * @throws DmError NOT_FOUND (ENXIO): no such device, or one that never had a table. BUSY (EBUSY): claimed elsewhere.
   */
  open(number: DeviceNumber, options?: OpenHandleOptions): BlockHandle;
  /** Translates a `/dev/mapper/NAME` node; undefined where there is no such mapped device, or it has no node yet. */
  lookup(path: string): DeviceNumber | undefined;
  /** Tells the layer how other paths (`/dev/loop3`) become numbers, for tables that name devices by path. */
  onLookup(resolve: (path: string) => DeviceNumber | undefined): void;
  /** Called after a plain disk's last close, so that a loop device can detach itself. */
  onLastClose(listener: (number: DeviceNumber) => void): void;
}
