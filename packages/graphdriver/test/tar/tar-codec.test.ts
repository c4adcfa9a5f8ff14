import { execFileSync } from 'node:child_process';
import { skipCase } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import tarStream from 'tar-stream';
import type { RawPath } from '#src/path/raw-path';
import { readTar } from '#src/tar/read-tar';
import type { TarEntry } from '#src/tar/tar-entry';
import { errorOf } from '../support/expect-error.ts';
import { collect, entry, streamOf, tarOf } from '../support/tars.ts';

describe('tar codec', () => {
  it('reads back what it wrote, whatever the names, numbers and attributes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(entries(), fc.string({ maxLength: 600 })), { maxLength: 5 }),
        async (items) => {
          const withContent = items.map(([item, content]): [TarEntry, string] => {
            const text = item.type === 'file' ? content.replace(/[^\x20-\x7e]/gu, '?') : '';
            return [{ ...item, size: text.length }, text];
          });
          const read = await readAll(tarOf(...withContent));
          expect(read).to.deep.equal(withContent);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is read by tar-stream, and reads what tar-stream writes', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(150)}`;
    const written = tarOf(
      [entry(long), 'long'],
      [entry('a/b', { mode: 0o4755 }), 'short'],
      entry('d/', { type: 'directory' }),
    );
    const names: string[] = [];
    const extract = tarStream.extract();
    extract.end(written);
    for await (const item of extract) {
      names.push(`${item.header.name} ${item.header.type} ${item.header.size} ${item.header.mode?.toString(8)}`);
      item.resume();
    }
    expect(names).to.deep.equal([`${long} file 4 100644`, 'a/b file 5 104755', 'd/ directory 0 40644']);

    const pack = tarStream.pack();
    pack.entry({ name: `ä/${long}`, mode: 0o600, uid: 7, gid: 8, mtime: new Date(1_600_000_000_000) }, 'hello');
    pack.entry({ name: 'l', type: 'symlink', linkname: 'x'.repeat(120) });
    pack.finalize();
    const [first, second] = await readAll(await collect(pack as AsyncIterable<Uint8Array>));
    expect(first?.[0]).to.include({ path: Buffer.from(`ä/${long}`).toString('latin1'), mode: 0o600, uid: 7, gid: 8 });
    expect(first?.[1]).to.equal('hello');
    expect(second?.[0]).to.include({ type: 'symlink', linkPath: 'x'.repeat(120) });
  });

  it('is read by GNU tar, and reads its long names', function () {
    if (process.platform !== 'linux') skipCase(this, 'this is Linux alone');
    const long = `${'d'.repeat(120)}/${'e'.repeat(120)}`;
    const listing = execFileSync('tar', ['-tvf', '-', '--numeric-owner', '--utc', '--full-time'], {
      input: tarOf(
        [entry(long, { uid: 3_000_000, gid: 5 }), 'x'],
        entry('s', { type: 'symlink', linkPath: 't' as RawPath }),
      ),
    }).toString();
    expect(listing).to.include(`-rw-r--r-- 3000000/5`).and.include(long).and.include('2023-11-14 22:13:20');
    expect(listing).to.include('s -> t');
  });

  it('reads long names as GNU tar writes them', async function () {
    if (process.platform !== 'linux') skipCase(this, 'this is Linux alone');
    const tar = execFileSync('bash', [
      '-c',
      'cd "$(mktemp -d)" && n=$(printf "n%.0s" {1..140}) && echo hi > $n && ln -s $n$n l && tar -H gnu -cf - $n l',
    ]);
    const read = await readAll(tar);
    expect(read[0]?.[0].path).to.equal('n'.repeat(140));
    expect(read[1]?.[0].linkPath).to.equal('n'.repeat(280));
  });

  for (const [what, bytes] of [
    ['an empty stream', Buffer.alloc(0)],
    ['something else', Buffer.from('this is not a tar, but it is long enough to be one'.repeat(30))],
    ['a tar cut within a header', tarOf([entry('a'), 'x'.repeat(900)]).subarray(0, 300)],
    ['a tar cut within a file', tarOf([entry('a'), 'x'.repeat(900)]).subarray(0, 1000)],
    ['a tar cut within the padding', tarOf([entry('a'), 'x'.repeat(900)]).subarray(0, 1420)],
    ['a tar cut between two entries', tarOf([entry('a'), 'x']).subarray(0, 1024)],
  ] as const)
    it(`calls ${what} corrupt`, async () => {
      const error = await errorOf(readAll(bytes), 'CORRUPT');
      expect(error.remedy).to.be.a('string');
    });

  it('says so when a tar is compressed', async () => {
    const error = await errorOf(readAll(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(600, 7)])), 'CORRUPT');
    expect(error.remedy).to.include('gzip');
  });

  it('never fails with anything but a DmError, whatever bytes are flipped', async () => {
    const good = tarOf([
      entry('some/name', { attributes: new Map([['user.x', Buffer.from('v')]]) }),
      'content'.repeat(200),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }), async (flips) => {
        const bad = Buffer.from(good);
        for (const [at, value] of flips) bad[at] = value;
        await readAll(bad).catch((error: unknown) => expect(error).to.be.instanceOf(DmError));
      }),
      { numRuns: 300 },
    );
  });

  it('reads a PAX header that claims 10 GB no further than its size', async () => {
    const header = Buffer.from(tarOf(entry('x', { size: 10 * 2 ** 30 })).subarray(0, 512));
    header.write('x', 156, 'latin1');
    let sum = 0;
    header.fill(' ', 148, 156);
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const error = await errorOf(readAll(header), 'CORRUPT');
    expect(error.message).to.include('extended header');
  });
});

async function readAll(bytes: Uint8Array): Promise<[TarEntry, string][]> {
  const read: [TarEntry, string][] = [];
  for await (const item of readTar(streamOf(bytes, 333))) {
    const parts: Buffer[] = [];
    for (let part = await item.read(); part !== undefined; part = await item.read()) parts.push(part);
    read.push([item.entry, Buffer.concat(parts).toString('latin1')]);
  }
  return read;
}

function entries(): fc.Arbitrary<TarEntry> {
  const component = fc.oneof(
    fc.stringMatching(/^[a-z]{1,8}$/u),
    fc.stringMatching(/^[a-z]{90,130}$/u),
    fc
      .uint8Array({ minLength: 1, maxLength: 9 })
      .map((name) => Buffer.from(name).toString('latin1').replace(/[\0/]/gu, '_')),
  );
  const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/') as RawPath);
  return fc
    .record({
      path,
      type: fc.constantFrom<TarEntry['type']>('file', 'directory', 'symlink', 'link', 'character', 'fifo'),
      mode: fc.nat(0o7777),
      uid: fc.oneof(fc.nat(70_000), fc.nat(2 ** 32 - 1)),
      gid: fc.nat(2 ** 31),
      modified: fc.record({ seconds: fc.integer({ min: -(2 ** 33), max: 2 ** 36 }), nanoseconds: fc.nat(999_999_999) }),
      linkPath: path,
      major: fc.nat(4095),
      minor: fc.nat(1_048_575),
      attributes: fc
        .array(fc.tuple(fc.stringMatching(/^user\.[a-z]{1,8}$/u), fc.uint8Array({ maxLength: 30 })), { maxLength: 2 })
        .map((list) => new Map(list.map(([name, value]) => [name, Buffer.from(value)]))),
    })
    .map((fields) =>
      entry(fields.path, {
        ...fields,
        linkPath: fields.type === 'symlink' || fields.type === 'link' ? fields.linkPath : ('' as RawPath),
      }),
    );
}
