import { type ThinId, thinId, type VolumeId, volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { CrashModel, runUpTo } from './crash-model.ts';

const volumes = fc.constantFrom(...['a', 'b', 'c'].map(volumeId));
const places = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(Number.POSITIVE_INFINITY));
const changes = fc.record({
  isCreate: fc.boolean(),
  volume: volumes,
  isBusy: fc.boolean(),
  /** A stale last id, as after a crash: ids are tried again from here. */
  last: fc.integer({ min: 0, max: 6 }).map(thinId),
  crashAt: places,
  recoveryCrashesAt: fc.array(places, { maxLength: 3 }),
  canAsk: fc.boolean(),
});
const foreigners = fc.uniqueArray(fc.integer({ min: 0, max: 8 }).map(thinId), { maxLength: 5 });

describe('a pool whose host crashes at any time, in recovery too', () => {
  it('keeps what was answered, brings nothing back, leaks no thin id and touches none of another', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 12 }), foreigners, (history, foreign) => {
        const model = new CrashModel();
        for (const id of foreign) model.thins.set(id, 'foreign');
        const answered = new Set<VolumeId>();
        for (const change of history) {
          const { volume, isBusy } = change;
          if (change.isCreate && model.records.has(volume)) continue;
          const result = change.isCreate
            ? runUpTo(model.create(volume, change.last), change.crashAt)
            : runUpTo(model.remove(volume, isBusy), change.crashAt);
          if (result === 'done' && change.isCreate) answered.add(volume);
          // A removal that was asked for may be finished by recovery; from then on either outcome is right.
          if (!change.isCreate && result !== 'refused') answered.delete(volume);
          if (result === undefined) {
            for (const place of change.recoveryCrashesAt) runUpTo(model.recover(change.canAsk), place);
            const kind = runUpTo(model.recover(change.canAsk), Number.POSITIVE_INFINITY);
            expect(kind).to.be.oneOf(['nothing', 'roll-back', 'complete']);
          }
          if (result === 'done' && !change.isCreate) expect(model.records.has(volume)).to.equal(false);
          expectSound(model, answered, foreign);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('lets the same change succeed afterwards', () => {
    fc.assert(
      fc.property(volumes, fc.integer({ min: 0, max: 2 }), fc.boolean(), (volume, place, isCreate) => {
        const model = new CrashModel();
        if (!isCreate) runUpTo(model.create(volume, thinId(0)), Number.POSITIVE_INFINITY);
        const change = () => (isCreate ? model.create(volume, thinId(0)) : model.remove(volume, false));
        runUpTo(change(), place);
        runUpTo(model.recover(true), Number.POSITIVE_INFINITY);
        expect(model.records.has(volume)).to.equal(false);
        expect(runUpTo(change(), Number.POSITIVE_INFINITY)).to.equal('done');
        expect(model.records.has(volume)).to.equal(isCreate);
      }),
    );
  });
});

function expectSound(model: CrashModel, answered: ReadonlySet<VolumeId>, foreign: readonly ThinId[]): void {
  for (const volume of answered) expect(model.records.has(volume), `${volume} is lost`).to.equal(true);
  for (const [volume, record] of model.records)
    expect(model.thins.get(record.thinId), `${volume} has no thin device`).to.equal(volume);
  for (const [id, owner] of model.thins)
    if (owner !== 'foreign') expect(model.records.get(owner)?.thinId, `thin id ${id} is leaked`).to.equal(id);
  for (const id of foreign) expect(model.thins.get(id), `foreign thin id ${id}`).to.equal('foreign');
}
