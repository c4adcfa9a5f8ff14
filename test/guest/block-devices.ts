import { constants, type FileHandle, open, readFile } from 'node:fs/promises';
import {
  bytes,
  codeOfErrno,
  DmError,
  decodeDevice,
  type ErrnoName,
  errnoName,
  formatDeviceNumber,
} from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';
import type { BlockDevice, BlockDevices, OpenBlockOptions } from '@dmthin/ports';

// linux/fs.h
const BLKDISCARD = 0x1277;
const PAGE = 65_536;

/**
 * The guest's block devices, as far as the conformance suite needs them. Reads and writes go past the page cache
 * (O_DIRECT): each read is of the device, and a write on a full pool fails with ENOSPC, which fsync(2) tells as EIO.
 */
export class GuestBlockDevices implements BlockDevices {
  async identify(path: string): Promise<BlockDevice['number']> {
    const device = await this.open(path, { readOnly: true });
    await device.close();
    return device.number;
  }

  async size(path: string): Promise<BlockDevice['size']> {
    const device = await this.open(path, { readOnly: true });
    await device.close();
    return device.size;
  }

  async open(path: string, { readOnly, exclusive }: OpenBlockOptions = {}): Promise<BlockDevice> {
    const access = readOnly === true ? constants.O_RDONLY : constants.O_RDWR;
    const flags = access | constants.O_DIRECT | (exclusive === true ? constants.O_EXCL : 0);
    return blockDevice(path, await told(path, 'open', open(path, flags)));
  }
}

async function blockDevice(path: string, file: FileHandle): Promise<BlockDevice> {
  const number = decodeDevice(BigInt((await file.stat()).rdev));
  const sectorCount = await readFile(`/sys/dev/block/${formatDeviceNumber(number)}/size`, 'utf8');
  return {
    number,
    size: bytes(BigInt(sectorCount.trim()) * 512n),
    read: (offset, length) =>
      withAligned(length, async (memory) => {
        const { bytesRead } = await told(path, 'read', file.read(memory, 0, length, Number(offset)));
        return memory.slice(0, bytesRead);
      }),
    write: (offset, data) =>
      withAligned(data.length, async (memory) => {
        memory.set(data);
        await told(path, 'write', file.write(memory, 0, data.length, Number(offset)));
      }),
    discard: async (offset, length) => {
      const range = new Uint8Array(new BigUint64Array([offset, length]).buffer);
      const { result, errno } = callLibc('ioctl', file.fd, BLKDISCARD, range);
      if (result === -1) throw failure(path, 'discard', errnoName(errno));
    },
    flush: () => told(path, 'fsync', file.sync()),
    close: () => file.close(),
  };
}

/** As far as it is used here; @types/node leaves it to the DOM's types. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

const free: Uint8Array[] = [];

/** Lends memory that O_DIRECT takes: of what JavaScript can have, a WebAssembly memory alone begins on a page. */
async function withAligned<Result>(length: number, use: (memory: Uint8Array) => Promise<Result>): Promise<Result> {
  const place = free.findIndex((memory) => memory.length >= length);
  const [memory = aligned(length)] = place === -1 ? [] : free.splice(place, 1);
  try {
    return await use(memory);
  } finally {
    free.push(memory);
  }
}

function aligned(length: number): Uint8Array {
  const pages = Math.max(1, Math.ceil(length / PAGE));
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
}

async function told<Result>(path: string, operation: string, attempt: Promise<Result>): Promise<Result> {
  try {
    return await attempt;
  } catch (cause) {
    throw failure(path, operation, (cause as NodeJS.ErrnoException).code as ErrnoName, cause);
  }
}

function failure(path: string, operation: string, errno: ErrnoName = 'EIO', cause?: unknown): DmError {
  const details = { errno, operation, subject: path, cause };
  return new DmError(codeOfErrno(errno), `${operation} on ${path}: ${errno}`, details);
}
