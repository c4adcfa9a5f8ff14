import { Steps } from '@dmthin/conformance';
import { expect } from 'chai';
import { CrashMachine, ENDS, type End, type PoolOrigin } from './crash-machine.ts';
import { layersOf, settled } from './layers.ts';
import { LAYERS, prepareLayers } from './operations.ts';
import { poolFaults } from './pool-metadata.ts';

/** An opening that may be cut off. */
interface Opening {
  readonly name: string;
  readonly pool: PoolOrigin;
  readonly options: readonly string[];
  /** What was there before. */
  readonly isFirst: boolean;
  /** How many calls it makes at the least, its own to the file system among them. */
  readonly calls: number;
}

/** Calls that change nothing. */
const READS = /^(?:version|info|status|table|supported|probe|find|size)\b/u;

const OPENINGS: readonly Opening[] = [
  { name: 'the first, which makes pool and base', pool: 'own', options: [], isFirst: true, calls: 55 },
  {
    name: 'the first, over files of the size that nobody gave',
    pool: 'own, of the size that nobody gave',
    options: [],
    isFirst: true,
    calls: 55,
  },
  { name: 'the first on a pool that was given', pool: 'given', options: [], isFirst: true, calls: 40 },
  { name: 'one of a root with layers', pool: 'own', options: [], isFirst: false, calls: 35 },
  { name: 'one that grows the base', pool: 'own', options: ['dm.basesize=24M'], isFirst: false, calls: 50 },
];

async function ready({ pool, isFirst }: Opening): Promise<CrashMachine> {
  const machine = await CrashMachine.start(pool);
  if (isFirst) return machine;
  const driver = await machine.open(new Steps(), []);
  await prepareLayers(driver);
  await driver.close();
  await machine.end('the power goes');
  return machine;
}

/** Opens, with the process ending so after call `step`: the words of that call; undefined: it was open before. */
async function openUntil(
  machine: CrashMachine,
  { options }: Opening,
  step: number,
  end: End,
): Promise<string | undefined> {
  const steps = new Steps();
  steps.at(step, 'end-after');
  const isCut = await steps.endsIn(machine.open(steps, options));
  await machine.end(end);
  return isCut ? steps.log.at(-1) : undefined;
}

/** The driver opens, has what it had, and works. */
async function expectWell(machine: CrashMachine, { options, isFirst }: Opening, where: string): Promise<void> {
  const driver = await machine.open(new Steps(), options);
  await settled(driver);
  expect(await poolFaults(machine), where).to.deep.equal([]);
  const before = isFirst ? {} : LAYERS;
  expect(await layersOf(driver), where).to.deep.equal(before);
  await driver.create('new');
  expect(await layersOf(driver), where).to.deep.equal({ ...before, new: {} });
  if (options.length > 0) expect(driver.layer('new').size).to.equal(24n * 2n ** 20n);
  await driver.close();
  expect(await poolFaults(machine), `${where}, closed`).to.deep.equal([]);
}

async function onMachine(opening: Opening, work: (machine: CrashMachine) => Promise<void>): Promise<void> {
  const machine = await ready(opening);
  try {
    await work(machine);
  } finally {
    await machine.discard();
  }
}

for (const { end } of ENDS)
  describe(`an opening at any call of which ${end}`, function () {
    this.timeout(600_000);
    for (const opening of OPENINGS)
      it(`is made good by the next: ${opening.name}`, async () => {
        let calls = 0;
        for (let isCut = true; isCut; )
          await onMachine(opening, async (machine) => {
            const call = await openUntil(machine, opening, calls + 1, end);
            isCut = call !== undefined;
            if (isCut) calls++;
            await expectWell(machine, opening, `after call ${calls}, ${call}`);
          });
        expect(calls, 'calls').to.be.at.least(opening.calls);
      });
  });

describe('an opening at any call of which the power goes, and in the next again', function () {
  this.timeout(600_000);
  for (const opening of OPENINGS.filter(({ pool }) => pool === 'given'))
    it(`is made good by the one after: ${opening.name}`, async () => {
      let pairs = 0;
      for (let first = 1, isCut = true; isCut; first++)
        for (let second = 1, isCutAgain = true; isCutAgain; second++)
          await onMachine(opening, async (machine) => {
            const call = await openUntil(machine, opening, first, 'the power goes');
            isCut = call !== undefined;
            // After a call that changes nothing all is as after the one before it.
            isCutAgain = isCut && !READS.test(call ?? '');
            if (!isCutAgain) return;
            const next = await openUntil(machine, opening, second, 'the power goes');
            isCutAgain = next !== undefined;
            if (READS.test(next ?? '')) return;
            await expectWell(machine, opening, `after call ${first}, ${call}, and after call ${second}, ${next}`);
            pairs++;
          });
      expect(pairs).to.be.at.least(100);
    });
});
