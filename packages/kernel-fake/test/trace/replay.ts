import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type DmError, ERRNO, parseDeviceNumber } from '@dmthin/domain';
import { createFakeKernel, fakeIoctl, ManualClock, MemoryStore } from '@dmthin/kernel-fake';
import type { BlockHandle } from '@dmthin/ports';
import { failed, type Outcome, readThroughCache, writeThroughCache } from './page-cache.ts';

interface IoctlLine {
  readonly op: 'ioctl';
  readonly nr: number;
  readonly size: number;
  readonly in: string;
  readonly ret: number;
  readonly errno: number;
  readonly out: string;
}

interface IoLine {
  readonly op: 'write' | 'read' | 'discard';
  readonly dev: string;
  readonly offset: number;
  readonly length: number;
  readonly seed?: number;
  readonly ret: number;
  readonly errno: number;
  readonly sha256?: string;
}

interface SleepLine {
  readonly op: 'sleep';
  readonly ms: number;
}

type Line = IoctlLine | IoLine | SleepLine;

/** The first call that the fake answers otherwise than the real kernel did; undefined where there is none. */
export interface Difference {
  readonly call: number;
  readonly line: string;
  readonly expected: string;
  readonly actual: string;
}

/** What is not compared, each with its reason (dm-kernel.md 8.1). */
export type Mask = (expected: Buffer, actual: Buffer, line: IoctlLine) => void;

/** Replays a recorded trace (trace-format.md) on a fake kernel. */
export async function replay(file: string, mask: Mask = () => {}): Promise<Difference | undefined> {
  const [head = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const header = JSON.parse(head) as {
    readonly release: '6.1.176';
    readonly major: number;
    readonly disks: readonly { readonly dev: string; readonly path: string; readonly sectors: number }[];
  };
  const clock = new ManualClock();
  const kernel = createFakeKernel({ personality: header.release, major: header.major, clock });
  for (const { dev, sectors } of header.disks) kernel.attach(parseDeviceNumber(dev), new MemoryStore(sectors * 512));
  kernel.onLookup((path) => {
    const disk = header.disks.find((one) => one.path === path);
    return disk === undefined ? undefined : parseDeviceNumber(disk.dev);
  });
  const ioctl = fakeIoctl(kernel);

  for (const [index, text] of lines.entries()) {
    const line = JSON.parse(text) as Line;
    if (line.op === 'sleep') clock.advance(line.ms);
    else if (line.op === 'ioctl') {
      const given = Buffer.alloc(line.size);
      given.set(Buffer.from(line.in, 'base64'));
      const buffer = Buffer.from(given);
      const outcome = await ioctl(3, 0xc138fd00 | line.nr, buffer).then(
        (ret) => ({ ret, errno: 0 }),
        (failure: unknown) => ({ ret: -1, errno: ERRNO[(failure as DmError).errno as keyof typeof ERRNO] }),
      );
      const wanted = Buffer.alloc(line.size);
      wanted.set(Buffer.from(line.out, 'base64'));
      mask(wanted, buffer, line);
      if (outcome.ret !== line.ret || outcome.errno !== line.errno || !wanted.equals(buffer))
        return {
          call: index + 1,
          line: `ioctl ${line.nr}: ${show(given)}`,
          expected: `${line.ret} ${line.errno} ${show(wanted)}`,
          actual: `${outcome.ret} ${outcome.errno} ${show(buffer)}`,
        };
    } else {
      const outcome = io(line, (number) => kernel.open(parseDeviceNumber(number)));
      const sum = outcome.data === undefined ? undefined : createHash('sha256').update(outcome.data).digest('hex');
      if (outcome.ret !== line.ret || outcome.errno !== line.errno || sum !== line.sha256)
        return {
          call: index + 1,
          line: text,
          expected: `${line.ret} ${line.errno} ${line.sha256}`,
          actual: `${outcome.ret} ${outcome.errno} ${sum}`,
        };
    }
  }
  return undefined;
}

function io(line: IoLine, open: (number: string) => BlockHandle): Outcome {
  let handle: BlockHandle | undefined;
  try {
    handle = open(line.dev);
    if (line.op === 'read') return readThroughCache(handle, line.offset, line.length);
    if (line.op === 'write') return writeThroughCache(handle, line.offset, pattern(line.seed ?? 0, line.length));
    handle.discard(line.offset, line.length);
    return { ret: 0, errno: 0 };
  } catch (failure) {
    return failed(failure);
  } finally {
    handle?.close();
  }
}

function pattern(seed: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = (seed * 131 + i * 7 + (i >> 8)) & 255;
  return data;
}

/** The header's fields and the payload, to be read by eye. */
function show(buffer: Buffer): string {
  if (buffer.length < 312) return buffer.toString('hex');
  const u32 = (at: number) => buffer.readUInt32LE(at);
  const string = (at: number) => buffer.toString('latin1', at, buffer.indexOf(0, at));
  const size = u32(12);
  const payload = buffer.subarray(305, Math.max(305, Math.min(buffer.length, Math.max(size, 312) + 120)));
  return [
    `v${u32(0)}.${u32(4)}.${u32(8)} size=${size} start=${u32(16)} targets=${u32(20)} open=${u32(24)}`,
    `flags=${u32(28).toString(16)} event=${u32(32)} dev=${buffer.readBigUInt64LE(40).toString(16)}`,
    `name=${JSON.stringify(string(48))} uuid=${JSON.stringify(string(176))} data=${JSON.stringify(payload.toString('latin1').replaceAll('\0', '~').replace(/~{4,}/gu, '~~~'))}`,
  ].join(' ');
}
