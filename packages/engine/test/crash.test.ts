import { type Mishap, Steps } from '@dmthin/conformance';
import { deviceName, type VolumeId } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import { expect } from 'chai';
import { FakeMachine } from './fixture/fake-machine.ts';
import { SCENARIOS, type Scenario } from './fixture/scenarios.ts';
import type { TestMachine } from './fixture/test-machine.ts';
import { id, settled, World } from './fixture/world.ts';

type AnyWorld = World<TestMachine>;

const A = id('a');
const B = id('b');
const CONTENT = 'what was written to a';
const ENDS: readonly Mishap[] = ['end-before', 'end-after'];

/** What happens to the machine when the process ends. */
const AFTERMATHS: readonly { readonly name: string; readonly happen: (machine: FakeMachine) => Promise<void> }[] = [
  { name: 'the process ends', happen: async () => undefined },
  { name: 'the power is cut', happen: (machine) => machine.powerCut() },
];

interface Ready<Machine extends TestMachine> {
  readonly world: World<Machine>;
  readonly pool: ThinPool;
}

async function ready<Machine extends TestMachine>(
  world: World<Machine>,
  { settings, prepare }: Scenario,
  steps: Steps,
): Promise<Ready<Machine>> {
  const pool = await world.open(settings, steps);
  await prepare?.(pool, world);
  if (world.kernel instanceof FakeMachine && pool.find(A) !== undefined) await writeTo(world.kernel, pool, A);
  return { world, pool };
}

async function writeTo(machine: FakeMachine, pool: ThinPool, volume: VolumeId): Promise<void> {
  const isActive = (await pool.usage(volume)) !== undefined;
  await machine.write(isActive ? deviceName(`dm-${volume}`) : await pool.activate(volume), CONTENT);
  if (!isActive) await pool.deactivate(volume);
}

/** What there is of A, and of a B that was made from it, has A's content. */
async function expectContent({ kernel }: AnyWorld, pool: ThinPool, { name }: Scenario): Promise<void> {
  if (!(kernel instanceof FakeMachine)) return;
  for (const volume of name.startsWith('snapshot') ? [A, B] : [A])
    if (pool.find(volume)?.isDeleted === false)
      expect(await kernel.read(await pool.activate(volume)), volume).to.equal(CONTENT);
}

/** Volumes that were acknowledged before the change, and that the change does not delete. */
function keptBy({ name }: Scenario, pool: ThinPool): readonly VolumeId[] {
  return [...pool.volumes()].map((volume) => volume.id).filter((volume) => !name.startsWith('delete') || volume !== A);
}

async function expectDoable(scenario: Scenario, world: AnyWorld, pool: ThinPool): Promise<void> {
  if (!(await scenario.isDone(pool, world))) await scenario.change(pool);
  await settled();
  expect(await scenario.isDone(pool, world), 'the change, made again').to.equal(true);
  expect(await world.faults()).to.deep.equal([]);
  await expectContent(world, pool, scenario);
}

/** Whether calls in a row are made in one hop. */
let inOneHop = false;

async function fakeWorld(): Promise<World<FakeMachine>> {
  const world = await World.fake();
  world.inOneHop = inOneHop;
  return world;
}

const CASES = AFTERMATHS.flatMap((aftermath) => [false, true].map((isOneHop) => ({ ...aftermath, isOneHop })));
for (const { name, happen, isOneHop } of CASES)
  describe(`where ${name} in the middle of a change${isOneHop ? ', in a hop' : ''}`, function () {
    this.timeout(60_000);
    before(() => {
      inOneHop = isOneHop;
    });
    for (const scenario of SCENARIOS)
      it(`every acknowledged volume is there, and nothing else (${scenario.name})`, async () => {
        for (const end of ENDS)
          for (let step = 1; ; step += 1) {
            const steps = new Steps();
            const { world, pool } = await ready(await fakeWorld(), scenario, steps);
            const kept = keptBy(scenario, pool);
            steps.at(step, end);
            if (!(await steps.endsIn(scenario.change(pool)))) break;
            await happen(world.kernel);
            const again = await world.open(scenario.settings);
            await settled();
            expect(await world.faults(), `${step}`).to.deep.equal([]);
            expect([...again.volumes()].map((volume) => volume.id)).to.include.members([...kept]);
            await expectDoable(scenario, world, again);
          }
      });

    for (const scenario of SCENARIOS)
      it(`and again in the recovery, the next recovers (${scenario.name})`, async () => {
        for (let step = 1; ; step += 1) {
          let isChangeWhole = false;
          for (let second = 1; ; second += 1) {
            const steps = new Steps();
            const { world, pool } = await ready(await fakeWorld(), scenario, steps);
            steps.at(step, 'end-after');
            isChangeWhole = !(await steps.endsIn(scenario.change(pool)));
            if (isChangeWhole) break;
            await happen(world.kernel);
            const recovering = new Steps();
            recovering.at(second, second % 2 === 0 ? 'end-before' : 'end-after');
            if (!(await recovering.endsIn(world.open(scenario.settings, recovering)))) break;
            await happen(world.kernel);
            const again = await world.open(scenario.settings);
            await settled();
            await expectDoable(scenario, world, again);
          }
          if (isChangeWhole) break;
        }
      });
  });
