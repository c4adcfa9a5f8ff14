import type { Bytes, DeviceNumber } from '@dmthin/domain';
import type { CancelSignal } from './abort.ts';

export interface OpenBlockOptions {
  /** `false` unless asked for. */
  readonly readOnly?: boolean | undefined;
  /** Refuse where a mount, a table or another exclusive opener has it, and keep those out (O_EXCL). */
  readonly exclusive?: boolean | undefined;
}

/** An open block device. Offsets and lengths are in bytes and multiples of the logical block size, 512. */
export interface BlockDevice {
  readonly number: DeviceNumber;
  /** The size when it was opened. */
  readonly size: Bytes;
  /** @throws DmError IO (EIO). */
  read(offset: bigint, length: number): Promise<Uint8Array>;
  /** @throws DmError IO (EIO), NO_SPACE (ENOSPC): a thin device on a full pool. NOT_PERMITTED (EPERM): read-only. */
  write(offset: bigint, data: Uint8Array): Promise<void>;
  /**
   * Gives the blocks back that lie whole in the range (BLKDISCARD).
   * @throws DmError NOT_SUPPORTED (EOPNOTSUPP): the device cannot.
   */
  discard(offset: bigint, length: bigint, signal?: CancelSignal): Promise<void>;
  /** Resolves when all that was written lasts (fsync). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** The block devices of the host, by path: loop devices, disks, and mapped devices under /dev/mapper. */
export interface BlockDevices {
  /**
   * @throws DmError NOT_FOUND: no such path. INVALID_ARGUMENT: not a block device. BUSY (EBUSY): `exclusive`, and it is used.
   */
  open(path: string, options?: OpenBlockOptions): Promise<BlockDevice>;
  /**
   * The number of the block device at `path`, links followed.
   * @throws DmError NOT_FOUND, INVALID_ARGUMENT as `open`.
   */
  identify(path: string): Promise<DeviceNumber>;
  /** The size of the device at `path` now. @throws DmError as `open`. */
  size(path: string): Promise<Bytes>;
}
