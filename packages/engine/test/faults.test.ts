import { type Mishap, Steps } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import { expect } from 'chai';
import type { FakeMachine } from './fixture/fake-machine.ts';
import { SCENARIOS, type Scenario } from './fixture/scenarios.ts';
import { settled, World } from './fixture/world.ts';

/** Whether calls in a row are made in one hop. */
let inOneHop = false;

interface Failed {
  readonly world: World<FakeMachine>;
  readonly pool: ThinPool;
  readonly hasFailed: boolean;
  /** The steps that were taken, for messages. */
  readonly steps: string;
}

/** Makes the change of a scenario with these steps failing; undefined: it has not so many. */
async function changeWithFaults(
  scenario: Scenario,
  mishap: Mishap,
  failing: readonly number[],
): Promise<Failed | undefined> {
  const steps = new Steps();
  const world = await World.fake();
  world.inOneHop = inOneHop;
  const pool = await world.open(scenario.settings, steps);
  await scenario.prepare?.(pool, world);
  const before = steps.log.length;
  for (const step of failing) steps.at(step, mishap);
  const error = await scenario.change(pool).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  const taken = steps.log.slice(before);
  steps.clear();
  if (taken.length < Math.max(...failing)) return undefined;
  if (error !== undefined) {
    expect(error).to.be.instanceOf(DmError);
    expect((error as DmError).message).to.match(/^cannot /u);
  }
  await settled();
  return { world, pool, hasFailed: error !== undefined, steps: taken.join('; ') };
}

/** Whoever got an error asks again, and gets what was asked for. */
async function expectSecondTry(scenario: Scenario, { world, pool, hasFailed, steps }: Failed): Promise<void> {
  if (hasFailed) await scenario.change(pool);
  await settled();
  expect(await scenario.isDone(pool, world), `made again after: ${steps}`).to.equal(true);
  expect(await world.faults(), `made again after: ${steps}`).to.deep.equal([]);
}

const EIO: Mishap = { errno: 'EIO' };
const MISHAPS: readonly Mishap[] = [EIO, { errno: 'EIO', isDone: true }, { errno: 'ENOSPC' }, { errno: 'EACCES' }];

for (const isOneHop of [false, true])
  describe(`a call that fails, ${isOneHop ? 'of several in one hop' : 'by itself'}`, function () {
    this.timeout(60_000);
    before(() => {
      inOneHop = isOneHop;
    });
    for (const scenario of SCENARIOS)
      it(`in: ${scenario.name}; leaves the pool whole, and the next try succeeds`, async () => {
        for (const mishap of MISHAPS)
          for (let step = 1; ; step += 1) {
            const failed = await changeWithFaults(scenario, mishap, [step]);
            if (failed === undefined) break;
            const { world, pool, steps } = failed;
            // One whose thin device is gone, and whose record could not be removed, is marked: nobody can use it.
            const isHalfDeleted = [...pool.volumes()].some(({ isDeleted }) => isDeleted);
            if (!isHalfDeleted) expect(await world.faults(), `after: ${steps}`).to.deep.equal([]);
            await expectSecondTry(scenario, failed);
            const volumes = [...pool.volumes()];
            await pool.close();
            expect([...(await world.open(scenario.settings)).volumes()]).to.have.deep.members(volumes);
          }
      });

    for (const scenario of SCENARIOS)
      it(`in: ${scenario.name}; is not made true by the next opening`, async () => {
        for (const mishap of MISHAPS)
          for (let step = 1; ; step += 1) {
            const failed = await changeWithFaults(scenario, mishap, [step]);
            if (failed === undefined) break;
            const { world, pool, steps } = failed;
            // The process ends without closing the pool. What could be used before can be used after.
            const usable = [...pool.volumes()].filter(({ isDeleted }) => !isDeleted);
            const again = await world.open(scenario.settings);
            await settled();
            expect(
              [...again.volumes()].map(({ id }) => id as string),
              `after: ${steps}`,
            ).to.include.members(usable.map(({ id }) => id as string));
            expect(again.recovery.intent, `after: ${steps}`).not.to.equal('reported');
            expect(await world.faults(), `after: ${steps}`).to.deep.equal([]);
          }
      });

    for (const scenario of SCENARIOS)
      it(`in: ${scenario.name}; and again in its undoing, is undone by the next try or the next opening`, async () => {
        for (let step = 1; ; step += 1) {
          if ((await changeWithFaults(scenario, EIO, [step])) === undefined) break;
          for (let second = step + 1; second < step + 8; second += 1) {
            const failed = await changeWithFaults(scenario, EIO, [step, second]);
            if (failed === undefined) continue;
            await expectSecondTry(scenario, failed);
            const other = (await changeWithFaults(scenario, EIO, [step, second])) as Failed;
            await other.pool.close();
            const again = await other.world.open(scenario.settings);
            await settled();
            if (!(await scenario.isDone(again, other.world))) await scenario.change(again);
            expect(await scenario.isDone(again, other.world), `opened after: ${other.steps}`).to.equal(true);
            expect(await other.world.faults(), `opened after: ${other.steps}`).to.deep.equal([]);
          }
        }
      });
  });
