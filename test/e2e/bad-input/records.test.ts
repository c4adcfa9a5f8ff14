import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { dmthin, jsonOf } from '../support/dmthin.ts';
import { openFake, type Place, temporaryPlace } from '../support/root.ts';
import { expectRefusal } from './refusals.ts';

/** Something that a record may have become, and what `dmthin check` has to say of it. */
interface BadRecord {
  readonly what: string;
  readonly name: string;
  readonly spoil: (file: string) => Promise<unknown>;
  readonly says: string;
}

const RECORD = '{"device_id":7,"size":67108864,"transaction_id":5,"initialized":false,"deleted":false}';

const BAD_RECORDS: readonly BadRecord[] = [
  { what: 'cut off', name: 'web', spoil: (file) => truncate(file, 20), says: 'JSON' },
  { what: 'empty', name: 'web', spoil: (file) => truncate(file, 0), says: 'web' },
  { what: 'no JSON', name: 'web', spoil: (file) => writeFile(file, '\u0000\u0001\u0002'), says: 'web' },
  {
    what: 'JSON of something else',
    name: 'web',
    spoil: (file) => writeFile(file, '{"hello":"world"}'),
    says: 'device_id',
  },
  { what: 'a list', name: 'web', spoil: (file) => writeFile(file, '[]'), says: 'web' },
  {
    what: 'of a thin id beyond 24 bits',
    name: 'web',
    spoil: (file) => writeFile(file, RECORD.replace('7', '16777216')),
    says: 'device_id',
  },
  {
    what: 'of a negative size',
    name: 'web',
    spoil: (file) => writeFile(file, RECORD.replace('67108864', '-1')),
    says: 'size',
  },
  {
    what: 'far too large',
    name: 'web',
    spoil: (file) => writeFile(file, Buffer.alloc(200_000, 32)),
    says: '65536 bytes',
  },
  {
    what: 'foreign: a name no layer has',
    name: 'not a layer',
    spoil: (file) => writeFile(file, RECORD),
    says: 'not a layer',
  },
  { what: 'foreign: a directory', name: 'lost+found', spoil: (file) => mkdir(file), says: 'directory' },
  {
    what: 'foreign: a link that leads nowhere',
    name: 'link',
    spoil: (file) => symlink('/nowhere', file),
    says: 'link',
  },
];

describe('a root with a record that is', function () {
  this.timeout(60_000);
  for (const { what, name, spoil, says } of BAD_RECORDS)
    it(`${what}: keeps all others, sets it aside with its bytes, and check says so`, async () => {
      await using place = await rootWithLayers();
      const file = join(place.path, 'metadata', name);
      await spoil(file);
      const bytes = await readFile(file).catch(() => undefined);
      await withDriver(place, async (driver) => {
        expect(driver.layers().map(({ id }) => id)).to.deep.equal(name === 'web' ? ['os'] : ['os', 'web']);
        const { findings } = (await driver.status()).recovery;
        expect(
          findings.filter((text) => text.includes(`"${name}"`)),
          findings.join('\n'),
        ).to.have.length(1);
        expect(findings.join('\n')).to.include(says);
        // The thin id of a record that cannot be read is nobody's to give away.
        if (name === 'web') expect((await driver.create('new')).deviceId).to.equal(4);
      });
      expect(await readdir(join(place.path, 'metadata'))).not.to.include(name);
      const broken = join(place.path, 'dmthin', 'broken');
      const [aside = ''] = await readdir(broken);
      if (bytes !== undefined) expect(await readFile(join(broken, aside))).to.deep.equal(bytes);
    });

  it('truncated: dmthin check ends with 9 and says where it went; the other verbs go on', async () => {
    await using place = await rootWithLayers();
    await truncate(join(place.path, 'metadata', 'web'), 20);
    const checked = await dmthin(['check'], { root: place.path });
    expect(checked.status).to.equal(9);
    expect(checked.stdout.toString())
      .to.include('"web"')
      .and.include(join(place.path, 'dmthin', 'broken'));
    const layers = await jsonOf<{ id: string }[]>(['ls'], { root: place.path });
    expect(layers.map(({ id }) => id)).to.deep.equal(['os']);
  });

  it('claimed by two layers: both are there, neither can be changed, and check names the thin id', async () => {
    await using place = await rootWithLayers();
    const text = await readFile(join(place.path, 'metadata', 'web'), 'utf8');
    await writeFile(join(place.path, 'metadata', 'copy'), text);
    await withDriver(place, async (driver) => {
      expect((await driver.status()).recovery.findings.join('\n'))
        .to.include('copy')
        .and.include('web');
      const error = await failureOf(driver.remove('copy'));
      expect(error.code, error.message).to.equal('CONFLICT');
      expect(error.remedy).to.be.a('string');
    });
    expect(await readFile(join(place.path, 'metadata', 'web'), 'utf8')).to.equal(text);
  });
});

describe('a root whose', function () {
  this.timeout(60_000);

  it("layers are each other's parents in foreign marks: lists them, draws them, and removes them", async () => {
    await using place = await rootWithLayers();
    const parents = join(place.path, 'dmthin', 'parents');
    for (const mark of ['os,web', 'web,os', 'os,os', 'no comma', 'gone,os', ',', 'web,../../etc'])
      if (!mark.includes('/')) await writeFile(join(parents, mark), '');
    const drawn = await dmthin(['graph'], { root: place.path });
    expect(drawn.status, drawn.stderr).to.equal(0);
    for (const id of ['os', 'web']) expect(drawn.stdout.toString()).to.match(new RegExp(`\\b${id}\\b`, 'u'));
    expect(await jsonOf<unknown[]>(['graph'], { root: place.path })).to.have.length(2);
    await withDriver(place, async (driver) => {
      await driver.remove('os');
      await driver.remove('web');
      expect(driver.layers()).to.deep.equal([]);
    });
  });

  it('fake machine cannot be read: says so and what removing it means', async () => {
    for (const text of ['{"devices":', '[]', 'null', '{"devices":[{"name":"x"}],"host":{"loops":[],"mounts":[]}}']) {
      await using place = await rootWithLayers();
      const file = join(place.path, 'dmthin', 'machine', 'machine.json');
      await writeFile(file, text);
      expectRefusal(await failureOf(openFake(place.path)), {
        code: 'CORRUPT',
        says: [file],
        remedy: 'as after a power cut',
      });
      // Refused again, not forgotten: it is the user's to remove.
      expectRefusal(await failureOf(openFake(place.path)), { code: 'CORRUPT', says: [file], remedy: 'Remove it' });
    }
  });

  it('pool belongs to another: is refused, and its records stay', async () => {
    await using place = await rootWithLayers();
    const file = join(place.path, 'dmthin', 'pool.json');
    const identity = '{"pool_name":"vg-thinpool","block_size":65536}';
    await writeFile(file, identity);
    expectRefusal(await failureOf(openFake(place.path)), {
      code: 'CONFLICT',
      says: ['made with the pool "vg-thinpool"', 'opened with a pool of its own'],
      remedy: 'Give dm.thinpooldev=vg-thinpool.',
    });
    expect(await readFile(file, 'utf8')).to.equal(identity);
    expect((await readdir(join(place.path, 'metadata'))).sort()).to.include.members(['os', 'web']);
  });
});

async function rootWithLayers(): Promise<Place> {
  const place = await temporaryPlace();
  await withDriver(place, async (driver) => {
    await driver.create('os');
    await driver.create('web', { parent: 'os' });
  });
  return place;
}

async function withDriver(place: Place, use: (driver: GraphDriver) => Promise<void>): Promise<void> {
  const driver = await openFake(place.path);
  try {
    await use(driver);
  } finally {
    await driver.release();
  }
}
