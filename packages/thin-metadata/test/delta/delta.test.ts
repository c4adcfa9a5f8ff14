import { thinId } from '@dmthin/domain';
import { compareDevices, type DeltaKind, MemoryMetadataDevice, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { errnoOf } from '../support/errno-of.ts';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';
import { smallPool } from '../support/sample-pool.ts';

describe('compareDevices', () => {
  it('says of every block what a look at both devices says, and nothing of blocks that none has', () => {
    fc.assert(
      fc.property(fc.array(poolStep, { minLength: 10, maxLength: 40 }), (steps) => {
        const device = new MemoryMetadataDevice(2048);
        const model = new PoolModel(device, 40_000);
        model.create(thinId(1));
        for (const change of steps) change(model);
        model.commit();
        const pool = readPool(device);
        const sides = [undefined, ...[...pool.thinDevices()].map(({ id }) => id).slice(0, 4)];
        for (const left of sides)
          for (const right of sides) {
            const found = new Map<number, DeltaKind>();
            let last = -1;
            const steady = compareDevices(pool, left, right, (kind, begin, length) => {
              expect(begin).to.be.greaterThan(last);
              for (let block = begin; block < begin + length; block++) found.set(block, kind);
              last = begin + length - 1;
            });
            for (const _ of steady);
            const all = expected(mapOf(left), mapOf(right));
            expect(found).to.deep.equal(all);
            // From any block on it says the same as from the beginning.
            const from = [...all.keys()][Math.floor(all.size / 2)] ?? 0;
            for (const start of [from, from + 1]) {
              const rest = new Map<number, DeltaKind>();
              const later = compareDevices(
                pool,
                left,
                right,
                (kind, begin, length) => {
                  for (let block = begin; block < begin + length; block++) rest.set(block, kind);
                },
                start,
              );
              for (const _ of later);
              expect(rest).to.deep.equal(new Map([...all].filter(([block]) => block >= start)));
            }
          }

        function mapOf(thin: (typeof sides)[number]): ReadonlyMap<number, number> {
          if (thin === undefined) return new Map();
          return new Map([...pool.mappings(thin)].map(({ block, dataBlock }) => [block, dataBlock]));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('tells what was written again from what was not', () => {
    const found: unknown[] = [];
    const steps = compareDevices(readPool(smallPool()), thinId(1), thinId(2), (...range) => found.push(range));
    for (const _ of steps);
    expect(found).to.deep.equal([
      ['same', 0, 1, 0, 0],
      ['different', 1, 1, 5, 1],
      ['same', 2, 1, 2, 2],
      ['left_only', 3, 1, 4, 0],
      ['same', 7, 1, 3, 3],
    ]);
  });

  it('refuses a device that is not there', () => {
    const device = new MemoryMetadataDevice(64);
    const model = new PoolModel(device, 10);
    model.commit();
    const pool = readPool(device);
    expect(errnoOf(() => [...compareDevices(pool, thinId(1), undefined, () => {})])).to.equal('ENODATA');
  });
});

function expected(left: ReadonlyMap<number, number>, right: ReadonlyMap<number, number>): Map<number, DeltaKind> {
  const kinds = [...new Set([...left.keys(), ...right.keys()])]
    .sort((one, other) => one - other)
    .map((block): [number, DeltaKind] => [block, kindOf(left.get(block), right.get(block))]);
  return new Map(kinds);
}

function kindOf(left: number | undefined, right: number | undefined): DeltaKind {
  if (right === undefined) return 'left_only';
  if (left === undefined) return 'right_only';
  return left === right ? 'same' : 'different';
}
