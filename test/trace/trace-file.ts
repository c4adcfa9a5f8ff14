import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DmError, formatDeviceNumber, parseDeviceNumber } from '@dmthin/domain';
import type { Answer, Call, Line, TraceHeader } from './call.ts';

/** A trace: JSON lines, gzipped (docs/traces.md). */
export interface Trace {
  readonly header: TraceHeader;
  readonly lines: readonly Line[];
}

const VERSION = 1;

/** @throws DmError CORRUPT: not a trace, or of another version, or a line that is none. */
export function readTrace(file: string): Trace {
  const bytes = readFileSync(file);
  const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const [head = '', ...lines] = (isZipped ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split('\n');
  return {
    header: readLine(file, 1, () => parseHeader(head)),
    lines: lines.map((line, index) => readLine(file, index + 2, () => parseLine(line))),
  };
}

export function writeTrace(file: string, { header, lines }: Trace): void {
  const text = [formatHeader(header), ...lines.map((line) => formatLine(line))].join('\n');
  writeFileSync(file, gzipSync(`${text}\n`, { level: 9 }));
}

function readLine<Result>(file: string, number: number, parse: () => Result): Result {
  try {
    return parse();
  } catch (cause) {
    throw new DmError('CORRUPT', `${file}, line ${number}: not a line of a trace`, { operation: 'read', cause });
  }
}

function parseHeader(text: string): TraceHeader {
  const { trace, release, major, seed, disks } = JSON.parse(text) as {
    readonly trace: number;
    readonly release: string;
    readonly major: number;
    readonly seed: number;
    readonly disks: readonly { readonly dev: string; readonly path: string; readonly sectors: number }[];
  };
  if (trace !== VERSION) throw new DmError('CORRUPT', `a trace of version ${trace}, this reads ${VERSION}`);
  return {
    release,
    major,
    seed,
    disks: disks.map(({ dev, path, sectors }) => ({ number: parseDeviceNumber(dev), path, sectors })),
  };
}

function formatHeader({ release, major, seed, disks }: TraceHeader): string {
  return JSON.stringify({
    trace: VERSION,
    release,
    major,
    seed,
    disks: disks.map(({ number, path, sectors }) => ({ dev: formatDeviceNumber(number), path, sectors })),
  });
}

type Json = Omit<Answer, 'buffer'> & {
  readonly op: Call['op'];
  readonly nr: number;
  readonly size: number;
  readonly in: string;
  readonly out: string;
  readonly dev: string;
  readonly offset: number;
  readonly length: number;
  readonly seed?: number;
  readonly ms: number;
};

function parseLine(text: string): Line {
  const { op, nr, size, in: given, out, dev, offset, length, seed, ms, ret, errno, sha256 } = JSON.parse(text) as Json;
  switch (op) {
    case 'sleep':
      return { call: { op, ms }, answer: undefined };
    case 'ioctl': {
      const buffer = new Uint8Array(size);
      buffer.set(Buffer.from(out, 'base64'));
      return {
        call: { op, nr, size, given: Uint8Array.from(Buffer.from(given, 'base64')) },
        answer: { ret, errno, buffer },
      };
    }
    case 'read':
    case 'write':
    case 'discard':
      return {
        call: { op, dev, offset, length, ...(seed === undefined ? {} : { seed }) },
        answer: { ret, errno, ...(sha256 === undefined ? {} : { sha256 }) },
      };
    default:
      throw new DmError('CORRUPT', `an unknown call: ${String(op)}`);
  }
}

function formatLine({ call, answer }: Line): string {
  if (call.op !== 'ioctl') return JSON.stringify({ ...call, ...answer });
  const { op, nr, size, given } = call;
  const { ret = 0, errno = 0, buffer = new Uint8Array(0) } = answer ?? {};
  return JSON.stringify({ op, nr, size, in: base64(given), ret, errno, out: base64(buffer) });
}

/** Trailing zeros are cut. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)).toString('base64');
}
