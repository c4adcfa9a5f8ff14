import type { ThinPool } from '@dmthin/engine';
import { expect } from 'chai';
import { SCENARIOS, type Scenario } from './fixture/scenarios.ts';
import { type Mishap, Steps } from './fixture/steps.ts';
import { settled, World } from './fixture/world.ts';

/** Runs `work` until it is done or its process ends. True: the process ended. */
async function endsIn(steps: Steps, work: Promise<unknown>): Promise<boolean> {
  let isDone = false;
  const finished = work.finally(() => {
    isDone = true;
  });
  while (!isDone && !steps.isEnded) await settled();
  if (steps.isEnded) return true;
  await finished;
  return false;
}

async function ready({ settings, prepare }: Scenario, steps: Steps): Promise<{ world: World; pool: ThinPool }> {
  const world = new World();
  const pool = await world.open(settings, steps);
  await prepare?.(pool, world);
  return { world, pool };
}

/** Everything that was acknowledged before the change, as it was, but for the volume that the change is about. */
function expectWhole(world: World, pool: ThinPool, before: readonly string[]): void {
  expect(world.faults()).to.deep.equal([]);
  for (const volume of before) expect([...pool.volumes()].map(({ id }) => id as string)).to.include(volume);
}

async function expectDoable({ change, isDone }: Scenario, world: World, pool: ThinPool): Promise<void> {
  if (!isDone(pool, world)) await change(pool);
  await settled();
  expect(isDone(pool, world), 'the change, made again').to.equal(true);
  expect(world.faults()).to.deep.equal([]);
}

const ENDS: readonly Mishap[] = ['end-before', 'end-after'];

describe('a process that ends in the middle', () => {
  for (const scenario of SCENARIOS)
    it(`of: ${scenario.name}; leaves every acknowledged volume, and nothing else`, async () => {
      for (const end of ENDS)
        for (let step = 1; ; step += 1) {
          const steps = new Steps();
          const { world, pool } = await ready(scenario, steps);
          const kept = [...pool.volumes()]
            .map(({ id }) => id as string)
            .filter((id) => !scenario.name.startsWith('delete') || id !== 'a');
          steps.at(step, end);
          if (!(await endsIn(steps, scenario.change(pool)))) break;
          const again = await world.open(scenario.settings);
          await settled();
          expectWhole(world, again, kept);
          await expectDoable(scenario, world, again);
        }
    });

  for (const scenario of SCENARIOS)
    it(`of: ${scenario.name}; and again in the recovery, is recovered by the next`, async () => {
      for (let step = 1; ; step += 1) {
        let isChangeWhole = false;
        for (let second = 1; ; second += 1) {
          const steps = new Steps();
          const { world, pool } = await ready(scenario, steps);
          steps.at(step, 'end-after');
          isChangeWhole = !(await endsIn(steps, scenario.change(pool)));
          if (isChangeWhole) break;
          const recovering = new Steps();
          recovering.at(second, second % 2 === 0 ? 'end-before' : 'end-after');
          if (!(await endsIn(recovering, world.open(scenario.settings, recovering)))) break;
          const again = await world.open(scenario.settings);
          await settled();
          await expectDoable(scenario, world, again);
        }
        if (isChangeWhole) break;
      }
    });
});
