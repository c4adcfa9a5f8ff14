import { execFile } from 'node:child_process';
import { constants, type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bytes, codeOfErrno, DmError, type ErrnoName, formatDeviceNumber } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, OpenBlockOptions } from '@dmthin/ports';

const run = promisify(execFile);

/** The guest's block devices, as far as the conformance suite needs them; each read is of the device, not of the cache. */
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
    const flags =
      (readOnly === true ? constants.O_RDONLY : constants.O_RDWR) | (exclusive === true ? constants.O_EXCL : 0);
    const file = await told(path, 'open', open(path, flags));
    return blockDevice(path, file);
  }
}

async function blockDevice(path: string, file: FileHandle): Promise<BlockDevice> {
  const { rdev } = await file.stat();
  // The kernel's 32-bit dev_t for user space (linux/kdev_t.h, new_encode_dev).
  const number = { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
  const size = await readFile(`/sys/dev/block/${formatDeviceNumber(number)}/size`, 'utf8');
  return {
    number,
    size: bytes(BigInt(size.trim()) * 512n),
    read: async (offset, length) => {
      await writeFile('/proc/sys/vm/drop_caches', '1');
      const reading = file.read(new Uint8Array(length), 0, length, Number(offset));
      const { buffer, bytesRead } = await told(path, 'read', reading);
      return buffer.subarray(0, bytesRead);
    },
    write: async (offset, data) => {
      await told(path, 'write', file.write(data, 0, data.length, Number(offset)));
      await told(path, 'fsync', file.sync());
    },
    discard: async (offset, length) => {
      await run('blkdiscard', ['--force', '--offset', `${offset}`, '--length', `${length}`, path]).catch((cause) => {
        throw new DmError('NOT_SUPPORTED', `discard on ${path}: ${String(cause)}`, { cause });
      });
    },
    flush: () => told(path, 'fsync', file.sync()),
    close: () => file.close(),
  };
}

async function told<Result>(path: string, operation: string, attempt: Promise<Result>): Promise<Result> {
  try {
    return await attempt;
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code as ErrnoName;
    const details = { errno, operation, subject: path, cause };
    throw new DmError(codeOfErrno(errno), `${operation} on ${path}: ${errno}`, details);
  }
}
