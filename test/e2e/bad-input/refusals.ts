import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import type { DmError, DmErrorCode, GraphDriver } from 'dmthin';
import { dmthin } from '../support/dmthin.ts';
import { openFake, type Place, recordsOf, stateOf, temporaryPlace } from '../support/root.ts';

/** What a user is to see of something that was refused. */
export interface Refusal {
  readonly code: DmErrorCode;
  /** Parts of the message. */
  readonly says: readonly string[];
  /** A part of the remedy. */
  readonly remedy: string;
}

/** Something that must be refused, by whichever door it comes. */
export interface Refused extends Refusal {
  readonly what: string;
  /** In code; undefined where it cannot be said there. */
  readonly call?: (driver: GraphDriver) => Promise<unknown>;
  /** On the command line, with its exit status; undefined where it cannot be said there. */
  readonly words?: readonly string[];
  readonly status?: number;
}

/** Each refusal by each door, on a root with `os`, and `web` made from it; nothing may have changed. */
export function describeRefusals(title: string, cases: readonly Refused[]): void {
  describe(title, function () {
    this.timeout(60_000);
    let place: Place;
    before(async () => {
      place = await temporaryPlace();
      const driver = await openFake(place.path);
      await driver.create('os');
      await driver.create('web', { parent: 'os' });
      await driver.release();
    });
    after(() => place[Symbol.asyncDispose]());

    describe('in code', () => {
      let driver: GraphDriver;
      before(async () => {
        driver = await openFake(place.path);
      });
      after(() => driver.release());

      for (const { what, call, ...refusal } of cases)
        if (call !== undefined)
          it(what, async () => {
            const state = await stateOf(driver);
            expectRefusal(await failureOf(call(driver)), refusal);
            expect(await stateOf(driver)).to.deep.equal(state);
          });
    });

    describe('on the command line', () => {
      for (const { what, words, status = 2, ...refusal } of cases)
        if (words !== undefined)
          it(what, async () => {
            const records = await recordsOf(place.path);
            const ran = await dmthin([...words, '--json'], { root: place.path });
            expect(ran.status, ran.stderr).to.equal(status);
            expect(ran.stdout.length).to.equal(0);
            const { error } = JSON.parse(ran.stderr) as { error: DmError };
            expectRefusal(error, refusal);
            expect(await recordsOf(place.path)).to.deep.equal(records);
          });

      it('leaves the root as it was: the same layers with the same thin ids', async () => {
        const driver = await openFake(place.path);
        try {
          expect(driver.layers().map(({ id, deviceId, parent }) => [id, deviceId, parent])).to.have.deep.members([
            ['os', 2, undefined],
            ['web', 3, 'os'],
          ]);
          expect((await driver.status()).recovery.findings).to.deep.equal([]);
        } finally {
          await driver.release();
        }
      });
    });
  });
}

export function expectRefusal(
  error: Pick<DmError, 'code' | 'message' | 'remedy'>,
  { code, says, remedy }: Refusal,
): void {
  expect(error.code, error.message).to.equal(code);
  for (const part of says) expect(error.message).to.include(part);
  expect(error.remedy).to.include(remedy);
}
