import { checkMetadata, dumpPool, MemoryMetadataDevice, readPool, restorePool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  compareLists,
  compareReverseMaps,
  compareTexts,
  ourReverseMap,
  theirReverseMap,
} from '../support/compare-with-tools.ts';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';
import { runs } from '../support/runs.ts';
import { type ScratchDevice, scratchDevice } from '../support/scratch-device.ts';
import { textOf } from '../support/text-of.ts';
import { output, tool } from '../support/tool.ts';

const BLOCKS = 1024;
const DATA_BLOCKS = 40_000;

describe('pools made by random operations, beside the tools', function () {
  this.timeout(0);
  let scratch: ScratchDevice;
  before(() => {
    scratch = scratchDevice(BLOCKS);
  });
  after(() => scratch.remove());

  it('are clean, and dump, ls, delta and rmap say the same of them', () => {
    fc.assert(
      fc.property(
        fc.array(poolStep, { minLength: 5, maxLength: 60 }),
        fc.nat(DATA_BLOCKS),
        fc.nat(DATA_BLOCKS),
        (steps, from, length) => {
          const device = poolOf(steps);
          scratch.fill(device);
          expect(checkMetadata(device)).to.deep.equal([]);
          expect(tool('thin_check', scratch.path).status).to.equal(0);
          const pool = readPool(device);
          compareTexts(pool, scratch.path);
          compareLists(pool, scratch.path);
          compareReverseMaps(pool, scratch.path, from, from + length + 1);
          if (pool.superblock.heldRoot !== 0) compareTexts(readPool(device, { held: true }), scratch.path, '-m');
        },
      ),
      { numRuns: runs(3) },
    );
  });

  it('are restored from their dumps, XML and JSON, and by thin_restore from ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(poolStep, { minLength: 5, maxLength: 60 }), async (steps) => {
        const original = poolOf(steps);
        scratch.fill(original);
        const xml = output('thin_dump', scratch.path);
        const json = textOf(dumpPool(readPool(original), { format: 'json' }));
        for (const dump of [xml, json]) {
          const restored = new MemoryMetadataDevice(BLOCKS);
          await restorePool(restored, [Buffer.from(dump)]);
          expect(checkMetadata(restored)).to.deep.equal([]);
          scratch.fill(restored);
          expect(tool('thin_check', scratch.path).status).to.equal(0);
          expect(output('thin_dump', scratch.path)).to.equal(xml);
          // No two devices share a leaf here, of which thin_rmap would tell only one.
          const pool = readPool(restored);
          expect(ourReverseMap(pool, 0, DATA_BLOCKS)).to.deep.equal(theirReverseMap(scratch.path, 0, DATA_BLOCKS));
        }
      }),
      { numRuns: runs(3) },
    );
  });
});

function poolOf(steps: readonly ((model: PoolModel) => void)[]): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(BLOCKS);
  const model = new PoolModel(device, DATA_BLOCKS);
  for (const change of steps) change(model);
  model.commit();
  return device;
}
