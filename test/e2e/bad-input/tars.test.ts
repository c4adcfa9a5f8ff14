import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { dmthin } from '../support/dmthin.ts';
import { openFake, ordinaryUser, type Place, recordsOf, temporaryPlace } from '../support/root.ts';
import { type Entry, tarOf } from '../support/tar.ts';
import { expectRefusal, type Refusal } from './refusals.ts';

interface BadTar extends Refusal {
  readonly what: string;
  readonly tar: Uint8Array;
  /** Of the command; docs/cli.md. */
  readonly status: number;
}

const harmful = (what: string, says: readonly string[], ...entries: readonly Entry[]): BadTar => ({
  what,
  tar: tarOf(...entries),
  code: 'INVALID_ARGUMENT',
  status: 2,
  says,
  remedy: 'A layer may only hold what is inside itself',
});
const broken = (what: string, tar: Uint8Array, says: readonly string[], remedy: string): BadTar => ({
  what,
  tar,
  code: 'CORRUPT',
  status: 9,
  says,
  remedy,
});

const WHOLE = tarOf({ path: 'etc/', type: '5' }, { path: 'etc/data', content: randomBytes(5000) });
const TEN_GB = 10_000_000_000;

const BAD_TARS: readonly BadTar[] = [
  harmful('with a path that climbs out', ['"../../victim"'], { path: '../../victim', content: 'evil' }),
  harmful('with a path that climbs out on a way round', ['etc/../../victim'], {
    path: 'etc/../../victim',
    content: 'evil',
  }),
  harmful('with an absolute path', ['"/victim"'], { path: '/victim', content: 'evil' }),
  harmful('with a symlink that climbs out', ['out of the layer'], { path: 'way', type: '2', link: '../../..' }),
  harmful(
    'that writes through a symlink to the host',
    ['way/victim'],
    { path: 'way', type: '2', link: '/proc/self/cwd' },
    { path: 'way/victim', content: 'evil' },
  ),
  harmful('with a hard link to outside', ['hard link to "../../victim"'], {
    path: 'l',
    type: '1',
    link: '../../victim',
  }),
  harmful('with a hard link to an absolute path', ['"/etc/passwd"'], { path: 'l', type: '1', link: '/etc/passwd' }),
  harmful('with a hard link to nothing', ['not there'], { path: 'l', type: '1', link: 'nothing' }),
  harmful('that takes the place of the root', ['root'], { path: './', type: '2', link: 'etc' }),
  harmful('with a whiteout of the directory above', ['.wh...'], { path: 'etc/.wh...' }),
  {
    what: 'with a file that claims 10 GB',
    tar: tarOf({ path: 'big', size: TEN_GB, content: 'not as much' }),
    code: 'NO_SPACE',
    status: 6,
    says: ['"big" has 10000000000 bytes', 'the layer holds 67108864'],
    remedy: 'larger size',
  },
  {
    what: 'of a few kilobytes that unpacks to 200 MB',
    tar: gzipSync(tarOf(...['a', 'b', 'c', 'd'].map((path) => ({ path, content: Buffer.alloc(50_000_000) })))),
    code: 'NO_SPACE',
    status: 6,
    says: ['does not fit', 'the layer holds 67108864'],
    remedy: 'larger size',
  },
  broken('cut off in a file', WHOLE.subarray(0, 3000), ['ends at byte', 'etc/data'], 'again'),
  broken('cut off in a header', WHOLE.subarray(0, 700), ['ends at byte'], 'again'),
  broken('cut off before its end', WHOLE.subarray(0, -1024), ['ends at byte'], 'again'),
  broken('that is empty', new Uint8Array(), ['the tar is empty'], 'what writes it'),
  broken('that is none', Buffer.from('#!/bin/sh\n'.repeat(100)), ['no tar'], 'again'),
  broken('with a damaged header', damaged(WHOLE, 100), ['wrong checksum'], 'again'),
];

/** What only the command reads: the driver takes a tar that is not compressed. */
const BAD_GZIPS: readonly BadTar[] = [
  broken('gzipped, with damage in it', damaged(gzipSync(WHOLE), 100), ['gzip stream is broken'], 'again'),
  broken('gzipped and cut off', gzipSync(WHOLE).subarray(0, 2000), ['gzip stream is broken'], 'again'),
  broken('that is gzip of no tar', gzipSync('hello, world'), ['ends at byte 12'], 'again'),
];

function damaged(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 60_000) yield bytes.subarray(start, start + 60_000);
}

describe('a tar', function () {
  this.timeout(60_000);
  let place: Place;
  let root: string;
  before(async () => {
    place = await temporaryPlace();
    root = join(place.path, 'root');
    const driver = await openFake(root);
    await driver.create('os');
    await driver.release();
  });
  beforeEach(() => writeFile(join(place.path, 'victim'), 'untouched'));
  afterEach(async () => {
    expect(await readFile(join(place.path, 'victim'), 'utf8')).to.equal('untouched');
    expect((await readdir(place.path)).sort()).to.deep.equal(['root', 'victim']);
    expect(await isThere(join(process.cwd(), 'victim'))).to.equal(false);
  });
  after(() => place[Symbol.asyncDispose]());

  describe('in code', () => {
    let driver: GraphDriver;
    before(async () => {
      driver = await openFake(root);
    });
    after(() => driver.release());

    for (const { what, tar, ...refusal } of BAD_TARS.filter(({ tar: [first] }) => first !== 0x1f))
      it(`${what} is refused, and its layer can be removed`, async () => {
        const { data, layers } = await driver.status();
        await driver.create('new', { parent: 'os' });
        const error = await failureOf(driver.applyDiff('new', streamOf(tar)));
        await driver.remove('new');
        expectRefusal(error, refusal);
        const after = await driver.status();
        expect([after.data.used, after.layers]).to.deep.equal([data.used, layers]);
      });

    it('compressed with gzip is refused with what to do', async () => {
      expectRefusal(await failureOf(driver.applyDiff('os', streamOf(gzipSync(WHOLE)))), {
        code: 'CORRUPT',
        says: ['no tar'],
        remedy: 'decompress it first',
      });
    });

    it('with names that are no UTF-8 keeps their bytes, in and out', async () => {
      const name = Buffer.from('6361666520e9ff', 'hex');
      await driver.create('bytes');
      await driver.applyDiff('bytes', streamOf(tarOf({ path: name, content: 'latin1' })));
      const [change] = await driver.changes('bytes');
      expect(change?.path).to.equal('/cafe \\xe9\\xff');
      expect(Buffer.from(change?.rawPath ?? []).toString('hex')).to.equal(`2f${name.toString('hex')}`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of driver.diff('bytes')) chunks.push(chunk);
      expect(Buffer.concat(chunks).includes(name)).to.equal(true);
      await driver.remove('bytes');
    });

    it('with an absolute symlink keeps it as the layer means it, without following it', async () => {
      await driver.create('links');
      await driver.applyDiff('links', streamOf(tarOf({ path: 'passwd', type: '2', link: '/etc/passwd' })));
      expect((await driver.changes('links')).map(({ path }) => path)).to.deep.equal(['/passwd']);
      await driver.remove('links');
    });
  });

  describe('for dmthin import', () => {
    for (const { what, tar, status, ...refusal } of [...BAD_TARS, ...BAD_GZIPS])
      it(`${what} is refused, and no layer is left`, async () => {
        const layers = await layersOf(root);
        const ran = await dmthin(['import', 'new', '-', '--parent', 'os', '--json'], { root, input: tar });
        expect(ran.status, ran.stderr).to.equal(status);
        expect(ran.stdout.length).to.equal(0);
        expectRefusal((JSON.parse(ran.stderr) as { error: Parameters<typeof expectRefusal>[0] }).error, refusal);
        expect(await layersOf(root)).to.deep.equal(layers);
      });

    for (const [what, makeFile, refusal] of [
      ['a directory', (path: string) => mkdir(path), { status: 2, text: 'is a directory, not a tar' }],
      ['not there', async () => undefined, { status: 3, text: 'cannot be read: ENOENT' }],
    ] as const)
      it(`in a file that is ${what} is refused before a layer is made`, async () => {
        const file = join(root, 'dmthin', 'input.tar');
        await makeFile(file);
        const records = await recordsOf(root);
        const ran = await dmthin(['import', 'new', file], { root });
        await rm(file, { recursive: true, force: true });
        expect([ran.status, ran.stdout.length]).to.deep.equal([refusal.status, 0]);
        expect(ran.stderr)
          .to.include(refusal.text)
          .and.match(/\n {8}\S/u);
        expect(await recordsOf(root)).to.deep.equal(records);
      });

    it('leaves nothing behind at all', async () => {
      const driver = await openFake(root);
      const { layers, recovery } = await driver.status();
      await driver.release();
      expect([layers, recovery.findings]).to.deep.equal([1, []]);
    });
  });
});

describe('a tar with a device node, for somebody who may make none', () => {
  it('is refused with what is missing', async () => {
    await using place = await temporaryPlace();
    const user = await ordinaryUser(place.path);
    const { root } = user;
    const tar = tarOf({ path: 'null', type: '3', major: 1, minor: 3 });
    const ran = await dmthin(['import', 'new', '-', '--json'], { ...user, input: tar });
    expect(ran.status, ran.stderr).to.equal(7);
    expectRefusal((JSON.parse(ran.stderr) as { error: Parameters<typeof expectRefusal>[0] }).error, {
      code: 'NOT_PERMITTED',
      says: ['null'],
      remedy: 'root',
    });
    expect(await layersOf(root)).to.deep.equal([]);
  });
});

const layersOf = (root: string): Promise<readonly string[]> =>
  readdir(join(root, 'dmthin', 'parents')).then(async (marks) => [
    ...marks,
    ...(await readdir(join(root, 'metadata'))).filter((name) => !name.endsWith('metadata') && name !== 'base'),
  ]);

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
