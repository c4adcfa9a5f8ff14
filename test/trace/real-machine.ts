import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DmError, encodeDevice, parseDeviceNumber } from '@dmthin/domain';
import { type ControlDevice, openControlDevice } from '@dmthin/kernel-ioctl';
import { callLibc } from '@dmthin/libc';
import { type Answer, type Call, type IoCall, pattern, type TracedMachine } from './call.ts';
import type { GuestClock } from './guest-clock.ts';

const REQUEST = 0xc138_fd00;
// linux/fs.h
const BLKFLSBUF = 0x1261;
const BLKDISCARD = 0x1277;
const S_IFBLK = 0o060000;

/** The kernel this process runs on, as a trace's recorder uses it. */
export class RealMachine implements TracedMachine {
  readonly #clock: GuestClock;
  readonly #control: ControlDevice = openControlDevice();
  /** Of the nodes this makes for itself: no udev runs, and a number may have no device yet. */
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'dmthin-nodes-'));
  readonly #nodes = new Map<string, string>();

  constructor(clock: GuestClock) {
    this.#clock = clock;
  }

  async play(call: Call): Promise<Answer | undefined> {
    if (call.op === 'sleep') {
      this.#clock.sleep(call.ms);
      return undefined;
    }
    if (call.op === 'ioctl') {
      const buffer = new Uint8Array(call.size);
      buffer.set(call.given);
      const { result, errno } = this.#control.ioctl(REQUEST | call.nr, buffer);
      return { ret: result, errno, buffer };
    }
    return this.#io(call);
  }

  close(): void {
    this.#control.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Every access leaves the device's cache empty, so that none sees the pages of an earlier one. */
  #io(call: IoCall): Answer {
    let fd: number | undefined;
    try {
      fd = openSync(this.#node(call.dev), call.op === 'read' ? 'r' : 'r+');
      switch (call.op) {
        case 'read': {
          dropCache(fd);
          const data = new Uint8Array(call.length);
          const ret = readSync(fd, data, 0, call.length, call.offset);
          return { ret, errno: 0, sha256: createHash('sha256').update(data.subarray(0, ret)).digest('hex') };
        }
        case 'write': {
          const ret = writeSync(fd, pattern(call.seed ?? 0, call.length), 0, call.length, call.offset);
          fsyncSync(fd);
          return { ret, errno: 0 };
        }
        default: {
          const range = new BigUint64Array([BigInt(call.offset), BigInt(call.length)]);
          const { result, errno } = callLibc('ioctl', fd, BLKDISCARD, new Uint8Array(range.buffer));
          return { ret: result, errno };
        }
      }
    } catch (failure) {
      return { ret: -1, errno: -((failure as { readonly errno?: number }).errno ?? 0) };
    } finally {
      if (fd !== undefined) {
        dropCache(fd);
        closeSync(fd);
      }
    }
  }

  #node(dev: string): string {
    const known = this.#nodes.get(dev);
    if (known !== undefined) return known;
    const path = join(this.#folder, dev);
    const { result, errno } = callLibc(
      'mknod',
      Buffer.from(`${path}\0`),
      S_IFBLK | 0o600,
      Number(encodeDevice(parseDeviceNumber(dev))),
    );
    if (result === -1) throw new DmError('IO', `cannot make a node for ${dev}: errno ${errno}`, { operation: 'mknod' });
    this.#nodes.set(dev, path);
    return path;
  }
}

function dropCache(fd: number): void {
  callLibc('ioctl', fd, BLKFLSBUF, 0);
}
