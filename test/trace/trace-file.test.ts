import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Line } from './call.ts';
import { DISKS } from './disks.ts';
import { readTrace, type Trace, writeTrace } from './trace-file.ts';

const HEADER = { release: '6.1.176', major: 254, seed: 7, disks: DISKS };

const errnos = fc.constantFrom(0, 5, 22, 28);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((given) => Uint8Array.of(...given, 1));
const ioctls: fc.Arbitrary<Line> = fc
  .record({ nr: fc.nat(20), given: bytes, out: bytes, errno: errnos })
  .map(({ nr, given, out, errno }) => {
    const buffer = new Uint8Array(512);
    buffer.set(out);
    return { call: { op: 'ioctl', nr, size: 512, given }, answer: { ret: errno === 0 ? 0 : -1, errno, buffer } };
  });
const accesses: fc.Arbitrary<Line> = fc
  .record({
    op: fc.constantFrom('write' as const, 'discard' as const),
    offset: fc.nat(),
    length: fc.nat(),
    errno: errnos,
  })
  .map(({ op, offset, length, errno }) => ({
    call: { op, dev: '254:1', offset, length, ...(op === 'write' ? { seed: 3 } : {}) },
    answer: { ret: errno === 0 ? length : -1, errno },
  }));
const reads: fc.Arbitrary<Line> = fc.nat().map((offset) => ({
  call: { op: 'read', dev: '7:0', offset, length: 4096 },
  answer: { ret: 4096, errno: 0, sha256: 'ab'.repeat(32) },
}));
const sleeps: fc.Arbitrary<Line> = fc.nat().map((ms) => ({ call: { op: 'sleep', ms }, answer: undefined }));

describe('a trace file', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dmthin-trace-'));
    file = join(folder, 'one.gz');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ioctls, accesses, reads, sleeps)), (lines) => {
        writeTrace(file, { header: HEADER, lines });
        expect(plain(readTrace(file))).to.deep.equal(plain({ header: HEADER, lines }));
      }),
      { numRuns: 50 },
    );
  });

  it('has the lines of docs/traces.md', () => {
    writeTrace(file, {
      header: { ...HEADER, disks: DISKS.slice(0, 1) },
      lines: [
        { call: { op: 'sleep', ms: 1500 }, answer: undefined },
        {
          call: { op: 'ioctl', nr: 3, size: 16_384, given: Uint8Array.of(4, 0, 0) },
          answer: { ret: -1, errno: 22, buffer: Uint8Array.of(4, 0, 0, 0, 47, 0) },
        },
        {
          call: { op: 'read', dev: '254:1', offset: 0, length: 4096 },
          answer: { ret: 4096, errno: 0, sha256: 'ff' },
        },
        { call: { op: 'write', dev: '254:1', offset: 0, length: 4096, seed: 17 }, answer: { ret: 4096, errno: 0 } },
      ],
    });
    expect(gunzipSync(readFileSync(file)).toString().split('\n')).to.deep.equal([
      '{"trace":1,"release":"6.1.176","major":254,"seed":7,"disks":[{"dev":"7:0","path":"/dev/loop0","sectors":131072}]}',
      '{"op":"sleep","ms":1500}',
      '{"op":"ioctl","nr":3,"size":16384,"in":"BA==","ret":-1,"errno":22,"out":"BAAAAC8="}',
      '{"op":"read","dev":"254:1","offset":0,"length":4096,"ret":4096,"errno":0,"sha256":"ff"}',
      '{"op":"write","dev":"254:1","offset":0,"length":4096,"seed":17,"ret":4096,"errno":0}',
      '',
    ]);
  });

  it('says which line is none', () => {
    for (const [text, line] of [
      ['{"trace":2,"disks":[]}', 1],
      ['{"trace":1,"release":"6.1.176","major":254,"seed":1,"disks":[]}\n{"op":"dance"}', 2],
      ['', 1],
    ] as const) {
      writeFileSync(file, text);
      expect(() => readTrace(file))
        .to.throw(DmError, `line ${line}`)
        .with.property('code', 'CORRUPT');
    }
  });
});

/** Buffers by their bytes, and without the zeros at their ends, which are cut. */
function plain({ header, lines }: Trace): unknown {
  return JSON.parse(
    JSON.stringify({ header, lines }, (_, value) => (value instanceof Uint8Array ? [...value] : value)),
  );
}
