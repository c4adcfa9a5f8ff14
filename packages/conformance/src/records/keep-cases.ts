import {
  BASE_VOLUME,
  bytes,
  type Intent,
  type ThinId,
  thinId,
  transactionId,
  type VolumeId,
  volumeId,
} from '@dmthin/domain';
import type { LoadedRecords, PoolIdentity, PoolRecord, VolumeRecord } from '@dmthin/ports';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf } from '../failure-of.ts';
import { identities, intents, poolRecords, volumeRecords } from './records-arbitraries.ts';
import type { RecordsFixture } from './records-fixture.ts';
import { found, whileOpen, withRoot } from './with-root.ts';

const EMPTY: LoadedRecords = {
  volumes: [],
  pool: undefined,
  intent: undefined,
  identity: undefined,
  broken: [],
  leftovers: [],
  conflicts: [],
};

export const VOLUME: VolumeRecord = {
  volume: volumeId('a1'),
  thinId: thinId(629),
  size: bytes(10_737_418_240n),
  transactionId: transactionId(3379n),
  isInitialized: false,
  isDeleted: false,
};
export const POOL: PoolRecord = { lastThinId: 12, baseUuid: '7210f532', baseFilesystem: 'ext4' };
export const INTENT: Intent = { transactionId: transactionId(7n), volume: volumeId('a1'), thinId: thinId(12) };
export const IDENTITY: PoolIdentity = {
  poolName: 'docker-thinpool',
  dataDevice: '/dev/sdb1',
  metadataDevice: undefined,
  blockSize: bytes(65_536),
};

/** What is saved is found, by whoever opens the root next. */
export function keepCases(fixture: RecordsFixture): void {
  it('finds nothing in a new root', () =>
    withRoot(fixture, async (root) => {
      expect(await found(root)).to.deep.equal(EMPTY);
    }));

  it('finds again whatever was saved, to the last bit', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(volumeRecords, { selector: ({ volume }) => volume.toLowerCase(), maxLength: 8 }),
        poolRecords,
        intents,
        identities,
        (volumes, pool, intent, identity) =>
          withRoot(fixture, async (root) => {
            await whileOpen(root, async (records) => {
              await Promise.all(volumes.map((record) => records.saveVolume(record)));
              await records.savePool(pool);
              await records.saveIntent(intent);
              await records.saveIdentity(identity);
            });
            const { conflicts: _, ...loaded } = await found(root);
            expect(loaded).to.deep.equal({
              volumes: byId(volumes),
              pool,
              intent,
              identity,
              broken: [],
              leftovers: [],
            });
          }),
      ),
      { numRuns: 25 },
    )).timeout(30_000);

  it('shows a save to whoever loads next, in the same opening too', () =>
    withRoot(fixture, (root) =>
      whileOpen(root, async (records) => {
        await records.saveVolume(VOLUME);
        expect((await records.load()).volumes).to.deep.equal([VOLUME]);
        await records.saveVolume({ ...VOLUME, isDeleted: true });
        expect((await records.load()).volumes).to.deep.equal([{ ...VOLUME, isDeleted: true }]);
        await records.removeVolume(VOLUME.volume);
        expect((await records.load()).volumes).to.deep.equal([]);
      }),
    ));

  it('replaces the pool, the intent and the identity by the next one', () =>
    withRoot(fixture, async (root) => {
      await whileOpen(root, async (records) => {
        await records.savePool(POOL);
        await records.savePool({ ...POOL, lastThinId: 13 });
        await records.saveIntent(INTENT);
        await records.saveIntent({ ...INTENT, volume: BASE_VOLUME });
        await records.saveIdentity(IDENTITY);
        await records.saveIdentity({ ...IDENTITY, dataDevice: undefined });
      });
      const { pool, intent, identity } = await found(root);
      expect(pool?.lastThinId).to.equal(13);
      expect(intent?.volume).to.equal(BASE_VOLUME);
      expect(identity).to.deep.equal({ ...IDENTITY, dataDevice: undefined });
    }));

  it('removes what there is, and is content with what there is not', () =>
    withRoot(fixture, async (root) => {
      await whileOpen(root, async (records) => {
        await records.removeVolume(volumeId('never-there'));
        await records.removeIntent();
        await records.saveVolume(VOLUME);
        await records.saveVolume({ ...VOLUME, volume: BASE_VOLUME, thinId: thinId(1) });
        await records.saveIntent(INTENT);
        await records.removeVolume(BASE_VOLUME);
        await records.removeIntent();
        await records.removeIntent();
      });
      expect(await found(root)).to.deep.equal({ ...EMPTY, volumes: [VOLUME] });
    }));

  it('does what is asked of one record in that order, without being awaited', () =>
    withRoot(fixture, async (root) => {
      await whileOpen(root, async (records) => {
        const changes = Array.from({ length: 20 }, (_, index) => [
          records.saveVolume({ ...VOLUME, size: bytes(index) }),
          records.removeVolume(VOLUME.volume),
          records.saveVolume({ ...VOLUME, size: bytes(index + 100) }),
          records.saveIntent({ ...INTENT, thinId: thinId(index) }),
        ]);
        await Promise.all(changes.flat());
      });
      const { volumes, intent } = await found(root);
      expect(volumes.map(({ size }) => size)).to.deep.equal([119n]);
      expect(intent?.thinId).to.equal(19);
    }));

  it('keeps a thousand records apart', () =>
    withRoot(fixture, async (root) => {
      const all = Array.from({ length: 1000 }, (_, index) => ({
        ...VOLUME,
        volume: volumeId(`v${index}`),
        thinId: thinId(index),
      }));
      await whileOpen(root, (records) => Promise.all(all.map((record) => records.saveVolume(record))));
      expect((await found(root)).volumes).to.deep.equal(byId(all));
    })).timeout(30_000);

  it('reports which volumes claim the same thin id, and keeps them all', () =>
    withRoot(fixture, async (root) => {
      const [one, other] = [VOLUME, { ...VOLUME, volume: volumeId('a0') }];
      const third = { ...VOLUME, volume: volumeId('c'), thinId: thinId(1) };
      await whileOpen(root, async (records) => {
        for (const record of [one, other, third]) await records.saveVolume(record);
      });
      const { volumes, conflicts } = await found(root);
      expect(volumes).to.deep.equal([other, one, third]);
      expect(conflicts).to.deep.equal([{ thinId: 629, volumes: ['a0', 'a1'] }]);
    }));

  // What a caller without types may hand over: `as VolumeId` checks nothing.
  for (const bad of ['../escape', 'a/b', '.', '..', '.hidden', 'base', 'transaction-metadata', 'a\0b', 'x'.repeat(300)])
    it(`refuses the id ${JSON.stringify(bad.slice(0, 30))} and changes nothing`, () =>
      withRoot(fixture, async (root) => {
        const volume = bad as VolumeId;
        await whileOpen(root, async (records) => {
          expect(await codeOf(records.saveVolume({ ...VOLUME, volume }))).to.equal('INVALID_ARGUMENT');
          expect(await codeOf(records.removeVolume(volume))).to.equal('INVALID_ARGUMENT');
          expect(await codeOf(records.saveIntent({ ...INTENT, volume }))).to.equal('INVALID_ARGUMENT');
        });
        expect(await found(root)).to.deep.equal(EMPTY);
      }));

  it('refuses numbers that a record has no room for, and changes nothing', () =>
    withRoot(fixture, async (root) => {
      const tooWide = 1n << 64n;
      await whileOpen(root, async (records) => {
        const attempts = [
          () => records.saveVolume({ ...VOLUME, thinId: 0x1_00_00_00 as ThinId }),
          () => records.saveVolume({ ...VOLUME, thinId: 1.5 as ThinId }),
          () => records.saveVolume({ ...VOLUME, size: tooWide as VolumeRecord['size'] }),
          () => records.saveVolume({ ...VOLUME, size: -1n as VolumeRecord['size'] }),
          () => records.saveVolume({ ...VOLUME, transactionId: tooWide as VolumeRecord['transactionId'] }),
          () => records.savePool({ ...POOL, lastThinId: -1 }),
          () => records.saveIntent({ ...INTENT, thinId: Number.NaN as ThinId }),
          () => records.saveIdentity({ ...IDENTITY, poolName: '' }),
        ];
        for (const attempt of attempts) expect(await codeOf(attempt())).to.equal('INVALID_ARGUMENT');
      });
      expect(await found(root)).to.deep.equal(EMPTY);
    }));
}

function byId(records: readonly VolumeRecord[]): readonly VolumeRecord[] {
  return records.toSorted((one, other) => (one.volume < other.volume ? -1 : 1));
}
