import { DmError } from '@dmthin/domain';
import {
  checkMetadata,
  compareDevices,
  dumpPool,
  listDevices,
  MemoryMetadataDevice,
  readPool,
  repairLeaks,
  repairMetadata,
  restorePool,
  reverseMap,
  salvagePool,
  writeContent,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { errnoOf } from '../support/errno-of.ts';
import { liveBlocks } from '../support/live-blocks.ts';
import { mutate, randomOf } from '../support/mutation.ts';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';

/** Ten minutes by hand: DMTHIN_FUZZ_SECONDS=600. */
const SECONDS = Number(process.env['DMTHIN_FUZZ_SECONDS'] ?? 2);
const SEED = Number(process.env['DMTHIN_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const BLOCKS = 1024;
const DATA_BLOCKS = 40_000;
/** Of one case, all that is done with it. */
const LONGEST = 10_000;
const MOST_MEMORY = 1 << 30;
const NUMBERS = { transactionId: 0n, dataBlockSize: 128, dataBlocks: DATA_BLOCKS };

describe('mutated metadata', function () {
  this.timeout((SECONDS + 60) * 1000);

  it('is checked, dumped, listed, compared and repaired without anything but DmErrors, in bounded time and memory', async () => {
    const end = performance.now() + SECONDS * 1000;
    const { rss: before } = process.memoryUsage();
    let longest = 0;
    let cases = 0;
    for (let seed = SEED; performance.now() < end; seed++) {
      const sound = poolOf(seed);
      const live = liveBlocks(sound);
      for (let round = 0; round < 40 && performance.now() < end; round++, cases++) {
        const begun = performance.now();
        const device = sound.copy();
        mutate(device, live, randomOf(seed * 1000 + round));
        try {
          await useAll(device);
        } catch (cause) {
          throw new Error(`DMTHIN_FUZZ_SEED=${seed}, round ${round}`, { cause });
        }
        longest = Math.max(longest, performance.now() - begun);
      }
      expect(longest, `DMTHIN_FUZZ_SEED=${seed}`).to.be.lessThan(LONGEST);
      expect(process.memoryUsage().rss - before, `DMTHIN_FUZZ_SEED=${seed}`).to.be.lessThan(MOST_MEMORY);
    }
    expect(cases).to.be.greaterThan(SECONDS);
    if (SECONDS > 10) console.log(`      ${cases} cases from seed ${SEED}, the longest ${longest.toFixed(0)} ms`);
  });
});

function poolOf(seed: number): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(BLOCKS);
  const model = new PoolModel(device, DATA_BLOCKS);
  const [steps = []] = fc.sample(fc.array(poolStep, { minLength: 30, maxLength: 60 }), { seed, numRuns: 1 });
  for (const change of steps) change(model);
  model.commit();
  return device;
}

/** Throws what is no DmError; a repaired pool has to be sound. */
async function useAll(device: MemoryMetadataDevice): Promise<void> {
  checkMetadata(device);
  errnoOf(() => checkMetadata(device, { held: true }));
  errnoOf(() => drain(dumpPool(readPool(device))));
  errnoOf(() => drain(dumpPool(readPool(device, { held: true }), { format: 'json' })));
  errnoOf(() => listDevices(readPool(device)));
  errnoOf(() => reverseMap(readPool(device), [{ begin: 0, end: DATA_BLOCKS }]));
  errnoOf(() => {
    const pool = readPool(device);
    const [left, right] = [...pool.thinDevices()];
    drain(compareDevices(pool, left?.id, right?.id, () => {}));
  });
  const target = new MemoryMetadataDevice(BLOCKS);
  let isMade = false;
  errnoOf(() => {
    repairMetadata(device, target, NUMBERS);
    isMade = true;
  });
  if (isMade) expect(checkMetadata(target)).to.deep.equal([]);
  await restoreSalvage(device);
  const mended = device.copy();
  errnoOf(() => repairLeaks(mended));
}

/** What can be printed of a damaged pool can be read again, or is refused. */
async function restoreSalvage(device: MemoryMetadataDevice): Promise<void> {
  try {
    const chunks = [...writeContent('xml', (sink) => salvagePool(device, sink))];
    await restorePool(new MemoryMetadataDevice(BLOCKS), chunks);
  } catch (error) {
    if (!DmError.is(error)) throw error;
  }
}

function drain(steps: Iterable<unknown>): void {
  for (const _ of steps);
}
