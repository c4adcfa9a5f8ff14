import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { type Bytes, bytes, type DeviceNumber, decodeDevice } from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';
import type { OpenBlockOptions } from '@dmthin/ports';
import { attempt, must, systemError } from '../error/system-error.ts';
import { alignedMemory } from './aligned-memory.ts';

const BLKGETSIZE64 = 0x8008_1272; // linux/fs.h
const BLKDISCARD = 0x1277; // linux/fs.h
/** So much is read or written at a time; what a thread does is done before it begins with the next. */
const CHUNK = 1 << 20;
const memory = lazily(() => alignedMemory(CHUNK));

export interface OpenedDevice {
  readonly fd: number;
  readonly number: DeviceNumber;
  readonly size: Bytes;
}

/** @throws DmError as `BlockDevices.open` has it. */
export function openDevice(path: string, { readOnly, exclusive }: OpenBlockOptions = {}): OpenedDevice {
  // Asked before it is opened: to open a fifo is to wait.
  identifyDevice(path);
  const access = readOnly === true ? constants.O_RDONLY : constants.O_RDWR;
  // Past the page cache: a pool's metadata is written past it too, which leaves old pages there, and a write for which a
  // pool has no room fails with ENOSPC, where fsync(2) of a cached one says EIO (fs/buffer.c, mark_buffer_write_io_error).
  const flags = access | constants.O_DIRECT | (exclusive === true ? constants.O_EXCL : 0);
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

/** Reads what is on the device; shorter where the device ends. */
export function readDevice(path: string, fd: number, offset: bigint, length: number): Uint8Array {
  const data = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const most = Math.min(CHUNK, length - done);
    const count = attempt('read', path, () => readSync(fd, memory(), 0, most, Number(offset) + done));
    if (count === 0) break;
    data.set(memory().subarray(0, count), done);
    done += count;
  }
  return data.subarray(0, done);
}

/** Returns once the device has the data. */
export function writeDevice(path: string, fd: number, offset: bigint, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) {
    const chunk = data.subarray(done, done + CHUNK);
    memory().set(chunk);
    done += attempt('write', path, () => writeSync(fd, memory(), 0, chunk.length, Number(offset) + done));
  }
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

function lazily<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
