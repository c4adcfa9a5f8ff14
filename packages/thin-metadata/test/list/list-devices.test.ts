import { thinId } from '@dmthin/domain';
import { listDevices, MemoryMetadataDevice, readPool, reverseMap } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';
import { smallPool } from '../support/sample-pool.ts';

describe('listDevices', () => {
  it('tells what only one device maps from what several do', () => {
    const listed = listDevices(readPool(smallPool()));
    expect(listed.map(({ id, exclusiveBlocks, sharedBlocks }) => [id, exclusiveBlocks, sharedBlocks])).to.deep.equal([
      [1, 2, 3],
      [2, 1, 3],
      [5, 0, 0],
    ]);
  });

  it('counts as a look at every mapping of every device counts, however they share', () => {
    fc.assert(
      fc.property(fc.array(poolStep, { minLength: 20, maxLength: 60 }), (steps) => {
        const device = new MemoryMetadataDevice(2048);
        const model = new PoolModel(device, 40_000);
        model.create(thinId(1));
        model.write(thinId(1), 0, 600, 1);
        for (let id = 2; id < 6; id++) model.snapshot(thinId(id), thinId(1));
        for (const change of steps) change(model);
        model.commit();
        const pool = readPool(device);
        const mapped = [...pool.thinDevices()].map(({ id }) =>
          [...pool.mappings(id)].map(({ dataBlock }) => dataBlock),
        );
        const counts = new Map<number, number>();
        for (const block of mapped.flat()) counts.set(block, (counts.get(block) ?? 0) + 1);
        const exclusive = mapped.map((blocks) => blocks.filter((block) => counts.get(block) === 1).length);
        expect(listDevices(pool).map(({ exclusiveBlocks }) => exclusiveBlocks)).to.deep.equal(exclusive);
      }),
      { numRuns: 15 },
    );
  });
});

describe('reverseMap', () => {
  it('says who maps the data blocks of some regions', () => {
    const runs = reverseMap(readPool(smallPool()), [
      { begin: 1, end: 3 },
      { begin: 5, end: 6 },
    ]);
    expect(runs).to.deep.equal([
      { dataBegin: 1, dataEnd: 3, thin: 2, thinBegin: 1 },
      { dataBegin: 2, dataEnd: 3, thin: 1, thinBegin: 2 },
      { dataBegin: 5, dataEnd: 6, thin: 1, thinBegin: 1 },
    ]);
  });
});
