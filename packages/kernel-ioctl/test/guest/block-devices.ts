import { constants, type FileHandle, open } from 'node:fs/promises';
import { bytes, codeOfErrno, DmError, decodeDevice, type ErrnoName } from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';
import type { BlockDevice, BlockDevices, OpenBlockOptions } from '@dmthin/ports';

// linux/fs.h
const BLKGETSIZE64 = 0x8008_1272;
const BLKFLSBUF = 0x1261;
const BLKDISCARD = 0x1277;
const EIO = 5;

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
    const { rdev } = await file.stat();
    return blockDevice(path, file, decodeDevice(BigInt(rdev)));
  }
}

function blockDevice(path: string, file: FileHandle, number: BlockDevice['number']): BlockDevice {
  const drop = (): unknown => callLibc('ioctl', file.fd, BLKFLSBUF, 0);
  const size = new DataView(new ArrayBuffer(8));
  callLibc('ioctl', file.fd, BLKGETSIZE64, new Uint8Array(size.buffer));
  return {
    number,
    size: bytes(size.getBigUint64(0, true)),
    read: async (offset, length) => {
      drop();
      const { buffer, bytesRead } = await told(
        path,
        'read',
        file.read(new Uint8Array(length), 0, length, Number(offset)),
      );
      return buffer.subarray(0, bytesRead);
    },
    write: async (offset, data) => {
      await told(path, 'write', file.write(data, 0, data.length, Number(offset)));
      await told(path, 'fsync', file.sync());
    },
    discard: async (offset, length) => {
      const range = new DataView(new ArrayBuffer(16));
      range.setBigUint64(0, BigInt(offset), true);
      range.setBigUint64(8, BigInt(length), true);
      const { result, errno } = callLibc('ioctl', file.fd, BLKDISCARD, new Uint8Array(range.buffer));
      if (result === -1)
        throw new DmError(errno === EIO ? 'IO' : 'NOT_SUPPORTED', `discard on ${path}: errno ${errno}`);
    },
    flush: () => told(path, 'fsync', file.sync()),
    close: async () => {
      drop();
      await file.close();
    },
  };
}

async function told<Result>(path: string, operation: string, attempt: Promise<Result>): Promise<Result> {
  try {
    return await attempt;
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code as ErrnoName;
    throw new DmError(codeOfErrno(errno), `${operation} on ${path}: ${errno}`, {
      errno,
      operation,
      subject: path,
      cause,
    });
  }
}
