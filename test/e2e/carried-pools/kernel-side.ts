import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { KernelDevices } from '../../guest/kernel-devices.ts';
import { BLOCK_SECTORS, DATA_BLOCKS, type PoolFiles, type PoolSide, THIN_BLOCKS, type ThinIo } from './pool-side.ts';

const POOL = `dmthin-carried-${process.pid}`;
const THIN = `${POOL}-thin`;

/** The pool on the kernel of the guest, its files attached to loop devices. */
export function kernelSide(files: PoolFiles): PoolSide {
  const devices = new KernelDevices();
  const metadata = devices.attach(files.metadata);
  const data = devices.attach(files.data);
  const table = `0 ${DATA_BLOCKS * BLOCK_SECTORS} thin-pool ${metadata} ${data} ${BLOCK_SECTORS} 0`;
  const pool = devices.create(POOL, table);
  return {
    message: async (text) => {
      devices.message(POOL, text);
    },
    status: async () => devices.status(POOL).split(' ').slice(3).join(' ').trimEnd(),
    withThin: async (id, use) => {
      const path = devices.create(THIN, `0 ${THIN_BLOCKS * BLOCK_SECTORS} thin ${pool} ${id}`);
      use(ioOf(path));
      devices.remove(THIN);
    },
    [Symbol.asyncDispose]: async () => devices[Symbol.dispose](),
  };
}

function ioOf(path: string): ThinIo {
  const opened = <Result>(flags: string, use: (descriptor: number) => Result): Result => {
    const descriptor = openSync(path, flags);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
  return {
    read: (offset, length) =>
      opened('r', (descriptor) => {
        const bytes = new Uint8Array(length);
        readSync(descriptor, bytes, 0, length, offset);
        return bytes;
      }),
    write: (offset, bytes) =>
      opened('r+', (descriptor) => {
        writeSync(descriptor, bytes, 0, bytes.length, offset);
        fsyncSync(descriptor);
      }),
    discard: (offset, length) => {
      execFileSync('blkdiscard', ['--force', '--offset', `${offset}`, '--length', `${length}`, path]);
    },
  };
}
