import { expect } from 'chai';
import { codeOf, failureOf } from '../failure-of.ts';
import { IDENTITY, INTENT, POOL, VOLUME } from './keep-cases.ts';
import type { RecordsFixture } from './records-fixture.ts';
import { found, withRoot } from './with-root.ts';

/** One at a time has a root. */
export function holdCases(fixture: RecordsFixture): void {
  it('refuses a second opener, saying who has the root, and harms neither', () =>
    withRoot(fixture, async (root) => {
      const records = await root.open();
      const error = await failureOf(root.open());
      expect(error.code).to.equal('LOCKED');
      expect(error.message).to.match(/ held by .+ since \d{4}-\d\d-\d\dT/u);
      expect(error.remedy).to.be.a('string');
      await records.saveVolume(VOLUME);
      await records.close();
      expect((await found(root)).volumes).to.deep.equal([VOLUME]);
    }));

  it('lets exactly one of many have the root', () =>
    withRoot(fixture, async (root) => {
      const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => root.open()));
      const winners = attempts.filter((attempt) => attempt.status === 'fulfilled');
      expect(winners).to.have.lengthOf(1);
      await winners[0]?.value.close();
    }));

  it('gives the root back, any number of times', () =>
    withRoot(fixture, async (root) => {
      for (let turn = 0; turn < 5; turn++) {
        const records = await root.open();
        await records.close();
        await records.close();
      }
    }));

  it('does not take the root from the next one when it is closed once more', () =>
    withRoot(fixture, async (root) => {
      const first = await root.open();
      await first.close();
      const second = await root.open();
      await first.close();
      expect(await codeOf(root.open())).to.equal('LOCKED');
      await second.close();
    }));

  it('finishes the saves that have begun before it closes', () =>
    withRoot(fixture, async (root) => {
      const records = await root.open();
      const save = records.saveVolume(VOLUME);
      await records.close();
      await save;
      expect((await found(root)).volumes).to.deep.equal([VOLUME]);
    }));

  it('refuses everything once it is closed', () =>
    withRoot(fixture, async (root) => {
      const records = await root.open();
      await records.close();
      const attempts = [
        () => records.load(),
        () => records.saveVolume(VOLUME),
        () => records.removeVolume(VOLUME.volume),
        () => records.savePool(POOL),
        () => records.saveIntent(INTENT),
        () => records.removeIntent(),
        () => records.saveIdentity(IDENTITY),
      ];
      for (const attempt of attempts) expect(await codeOf(attempt())).to.equal('CLOSED');
      expect((await found(root)).volumes).to.deep.equal([]);
    }));
}
