import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, skipCase } from '@dmthin/conformance';
import { bytes, thinId, transactionId, volumeId } from '@dmthin/domain';
import type { SnapshotRecord } from '@dmthin/ports';
import { type LmdbRecords, openLmdbRecords } from '@dmthin/records-lmdb';
import { expect } from 'chai';
import fc from 'fast-check';
import { open } from 'lmdb';

const RECORD: SnapshotRecord = {
  id: 7,
  kind: 'committed',
  name: 'k8s.io/12/sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
  parent: undefined,
  labels: { 'containerd.io/gc.root': 'now' },
  createdAt: 1_700_000_000_123_456_789n,
  updatedAt: 1_700_000_000_123_456_790n,
  filesystem: 'xfs',
  mapped: bytes(65_536),
};

const records: fc.Arbitrary<SnapshotRecord> = fc.record({
  id: fc.integer({ min: 1 }),
  kind: fc.constantFrom('active', 'view', 'committed'),
  name: fc.string({ minLength: 1, unit: 'grapheme' }),
  parent: fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: undefined }),
  labels: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
  createdAt: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
  updatedAt: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
  filesystem: fc.constantFrom('ext4', 'xfs'),
  mapped: fc.option(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(bytes), { nil: undefined }),
});

describe('snapshots in LMDB', () => {
  let directory: string;
  let file: string;
  let opened: LmdbRecords;
  const reopen = async (): Promise<void> => {
    await opened.records.close();
    opened = await openLmdbRecords({ file, isDurable: false });
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dmthin-lmdb-'));
    file = join(directory, 'own', 'records.lmdb');
    opened = await openLmdbRecords({ file, isDurable: false });
  });
  afterEach(async () => {
    await opened.records.close();
    await rm(directory, { recursive: true });
  });

  it('are found again to the last bit, by id', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(records, { selector: ({ id }) => id, maxLength: 8 }), async (all) => {
        for (const { id } of (await opened.snapshots.load()).snapshots) await opened.snapshots.remove(id);
        for (const record of all) await opened.snapshots.save(record);
        await reopen();
        const byId = all.toSorted((one, other) => one.id - other.id);
        expect(await opened.snapshots.load()).to.deep.equal({ snapshots: byId, broken: [] });
      }),
      { numRuns: 30 },
    );
  });

  it('lie beside the volumes, and neither is taken for the other', async () => {
    await opened.snapshots.save(RECORD);
    await opened.snapshots.save({ ...RECORD, kind: 'view' });
    await opened.records.savePool({ lastThinId: 1, baseUuid: '', baseFilesystem: '' });
    await reopen();
    expect((await opened.snapshots.load()).snapshots).to.deep.equal([{ ...RECORD, kind: 'view' }]);
    expect((await opened.records.load()).volumes).to.deep.equal([]);
  });

  it('are set aside where they cannot be read, and told of each time', async () => {
    await opened.snapshots.save(RECORD);
    await opened.records.close();
    const lmdb = open<string, string>({ path: file, noSubdir: true, encoding: 'string' });
    await lmdb.put('snapshot/3', '{"kind":"odd"}');
    await lmdb.put('volume/a1', 'no JSON');
    await lmdb.close();
    opened = await openLmdbRecords({ file, isDurable: false });
    const { broken } = await opened.records.load();
    expect(broken.map(({ name, setAsideAs }) => [name, setAsideAs])).to.deep.equal([['a1', 'broken/volume/a1']]);
    for (let turn = 0; turn < 2; turn++) {
      const loaded = await opened.snapshots.load();
      expect(loaded.snapshots).to.deep.equal([RECORD]);
      expect(loaded.broken.map(({ id }) => id)).to.deep.equal([3]);
    }
  });

  it('refuse what would not be found again', async () => {
    expect(await codeOf(opened.snapshots.save({ ...RECORD, name: '' }))).to.equal('INVALID_ARGUMENT');
    await opened.records.close();
    expect(await codeOf(opened.snapshots.save(RECORD))).to.equal('CLOSED');
  });

  it('are refused by a full file system, where those that are there change and go', async function () {
    if (process.getuid?.() !== 0) return skipCase(this, 'only root may');
    const small = join(directory, 'small');
    await mkdir(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    if (mounted.status !== 0) return skipCase(this, 'no tmpfs can be mounted here');
    try {
      const full = await openLmdbRecords({ file: join(small, 'records.lmdb') });
      for (let id = 1; id <= 50; id++) await full.snapshots.save({ ...RECORD, id });
      await writeFile(join(small, 'filler'), Buffer.alloc(8 * 2 ** 20)).catch(() => undefined);
      expect(await codeOf(full.snapshots.save({ ...RECORD, id: 51 }))).to.equal('NO_SPACE');
      const intent = { transactionId: transactionId(1n), volume: volumeId('a'), thinId: thinId(1) };
      for (let id = 1; id <= 50; id++) {
        await full.records.saveIntent(intent);
        await full.snapshots.save({ ...RECORD, id, kind: 'view' });
        await full.records.removeIntent();
      }
      for (let id = 1; id <= 25; id++) await full.snapshots.remove(id);
      await full.records.close();
      const { snapshots } = await (await openLmdbRecords({ file: join(small, 'records.lmdb') })).snapshots.load();
      expect(snapshots.map(({ kind }) => kind)).to.deep.equal(Array(25).fill('view'));
    } finally {
      spawnSync('umount', ['--lazy', small]);
    }
  });

  it('are there after kill -9 where they were acknowledged, and whole where they were not', async () => {
    await opened.records.close();
    for (let turn = 0; turn < 5; turn++) {
      const child = fork(fileURLToPath(new URL('save-until-killed.js', import.meta.url)), [file]);
      let acknowledged = 0;
      child.on('message', (id) => {
        acknowledged = Number(id);
        if (acknowledged >= 40 + turn) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      opened = await openLmdbRecords({ file, isDurable: false });
      const { snapshots, broken } = await opened.snapshots.load();
      expect(broken).to.deep.equal([]);
      expect(snapshots.length).to.be.at.least(acknowledged);
      for (const [index, { id, name }] of snapshots.entries()) {
        expect(id).to.equal(index + 1);
        expect(name).to.equal(`${id}`.repeat(1000));
        await opened.snapshots.remove(id);
      }
      await opened.records.close();
    }
  });
});
