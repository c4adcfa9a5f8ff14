import { thinId } from '@dmthin/domain';
import { checkMetadata, MemoryMetadataDevice } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { errnoOf } from '../support/errno-of.ts';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';

const DATA_BLOCKS = 40_000;

describe('a pool under random operations', () => {
  it('holds what a map would, and its metadata is sound after every commit', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.array(poolStep, { minLength: 30, maxLength: 80 }), (steps) => {
        const device = new MemoryMetadataDevice(2048);
        const model = new PoolModel(device, DATA_BLOCKS);
        for (const change of steps) {
          change(model);
          model.compare();
          expect(checkMetadata(device)).to.deep.equal([]);
        }
        model.commit();
        model.compareCommitted();
        expect(checkMetadata(device)).to.deep.equal([]);
      }),
      { numRuns: 8 },
    );
  });

  it('stands at every point of running out of metadata, and goes on when it grows', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(
        fc.array(poolStep, { minLength: 40, maxLength: 80 }),
        fc.integer({ min: 14, max: 80 }),
        (steps, blocks) => {
          const device = new MemoryMetadataDevice(blocks);
          const model = new PoolModel(device, 4_000);
          for (const change of steps) {
            const errno = errnoOf(() => change(model));
            if (errno !== undefined) {
              expect(errno).to.equal('ENOSPC');
              model.crash();
            }
            model.compare();
            expect(checkMetadata(device)).to.deep.equal([]);
          }
          device.resize(blocks + 20_000);
          model.pool.growMetadata(blocks + 20_000);
          model.commit();
          expect(model.pool.metadataBlocks).to.equal(blocks + 20_000);
          model.write(thinId(1), 0, 100, 2);
          model.commit();
          model.compare();
          model.compareCommitted();
          expect(checkMetadata(device)).to.deep.equal([]);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('counts data blocks that many leaves refer to', () => {
    const device = new MemoryMetadataDevice(4096);
    const model = new PoolModel(device, DATA_BLOCKS);
    model.create(thinId(0));
    model.write(thinId(0), 0, 1000, 1);
    for (let n = 1; n <= 9; n++) {
      model.snapshot(thinId(n), thinId(n - 1));
      model.write(thinId(n), n, 30, 33);
      model.commit();
    }
    expect(model.pool.dataReferences(990)).to.be.greaterThan(3);
    expect(checkMetadata(device)).to.deep.equal([]);
    for (const gone of [3, 0, 9, 5]) {
      model.remove(thinId(gone));
      model.commit();
      expect(checkMetadata(device)).to.deep.equal([]);
    }
    model.compare();
    model.compareCommitted();
  });
});
