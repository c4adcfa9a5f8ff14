import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { type Bytes, bytes, type DeviceNumber, decodeDevice } from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';
import type { OpenBlockOptions } from '@dmthin/ports';
import { attempt, must, systemError } from '../error/system-error.ts';

const BLKGETSIZE64 = 0x8008_1272; // linux/fs.h
const BLKDISCARD = 0x1277; // linux/fs.h
const POSIX_FADV_DONTNEED = 4;
/** SYNC_FILE_RANGE_WAIT_BEFORE, _WRITE and _WAIT_AFTER: writes the pages of a range, and waits for them. */
const WRITE_AND_WAIT = 7;

export interface OpenedDevice {
  readonly fd: number;
  readonly number: DeviceNumber;
  readonly size: Bytes;
}

/** @throws DmError as `BlockDevices.open` has it. */
export function openDevice(path: string, { readOnly, exclusive }: OpenBlockOptions = {}): OpenedDevice {
  // Asked before it is opened: to open a fifo is to wait.
  identifyDevice(path);
  const flags =
    (readOnly === true ? constants.O_RDONLY : constants.O_RDWR) | (exclusive === true ? constants.O_EXCL : 0);
  const fd = attempt('open', path, () => openSync(path, flags));
  try {
    const { rdev, mode } = fstatSync(fd, { bigint: true });
    requireBlock(path, mode);
    return { fd, number: decodeDevice(rdev), size: sizeOf(path, fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export function identifyDevice(path: string): DeviceNumber {
  const { rdev, mode } = attempt('open', path, () => statSync(path, { bigint: true }));
  requireBlock(path, mode);
  return decodeDevice(rdev);
}

export function deviceSize(path: string): Bytes {
  const { fd, size } = openDevice(path, { readOnly: true });
  closeSync(fd);
  return size;
}

/**
 * Reads what is on the device, not what this kernel remembers of it: whoever goes past its page cache (device-mapper
 * with a pool's metadata) leaves old pages there. Shorter where the device ends.
 */
export function readDevice(path: string, fd: number, offset: bigint, length: number): Uint8Array {
  callLibc('posix_fadvise', fd, Number(offset), length, POSIX_FADV_DONTNEED);
  const data = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = attempt('read', path, () => readSync(fd, data, done, length - done, Number(offset) + done));
    if (count === 0) break;
    done += count;
  }
  return data.subarray(0, done);
}

/** Returns once the device has the data: where a pool has no room, it is here that it is said. */
export function writeDevice(path: string, fd: number, offset: bigint, data: Uint8Array): void {
  callLibc('posix_fadvise', fd, Number(offset), data.length, POSIX_FADV_DONTNEED);
  for (let done = 0; done < data.length; )
    done += attempt('write', path, () => writeSync(fd, data, done, data.length - done, Number(offset) + done));
  must('write', path, callLibc('sync_file_range', fd, Number(offset), data.length, WRITE_AND_WAIT));
}

export function discardDevice(path: string, fd: number, offset: bigint, length: bigint): void {
  const range = BigUint64Array.of(offset, length);
  must('discard', path, callLibc('ioctl', fd, BLKDISCARD, new Uint8Array(range.buffer)));
}

export function flushDevice(path: string, fd: number): void {
  attempt('flush', path, () => fsyncSync(fd));
}

export function closeDevice(path: string, fd: number): void {
  attempt('close', path, () => closeSync(fd));
}

function requireBlock(path: string, mode: bigint): void {
  if ((Number(mode) & constants.S_IFMT) !== constants.S_IFBLK)
    throw systemError('open', path, 'ENOTBLK', 'it is no block device');
}

function sizeOf(path: string, fd: number): Bytes {
  const size = new BigUint64Array(1);
  must('size of', path, callLibc('ioctl', fd, BLKGETSIZE64, new Uint8Array(size.buffer)));
  return bytes(size[0] as bigint);
}
