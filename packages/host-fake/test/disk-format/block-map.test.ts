import { expect } from 'chai';
import fc from 'fast-check';
import { BlockMap } from '#src/disk-format/block-map';

describe('the block map', () => {
  it('never gives a block to two, nor one that is not there, and counts what it gave', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('grow' as const), count: fc.integer({ min: 1, max: 50 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 300 }), fc.array(step, { maxLength: 60 }), (size, steps) => {
        const map = new BlockMap(size);
        const taken: { start: number; count: number }[] = [];
        let blocks = size;
        for (const each of steps) {
          if (each.kind === 'take') {
            const run = map.allocate(each.count);
            if (run === undefined) expect(map.free).to.equal(0);
            else {
              expect(run.count).to.be.within(1, each.count);
              expect(run.start + run.count).to.be.at.most(blocks);
              for (const other of taken)
                expect(run.start + run.count <= other.start || other.start + other.count <= run.start).to.equal(true);
              taken.push(run);
            }
          } else if (each.kind === 'release' && taken.length > 0) {
            const [run] = taken.splice(each.pick % taken.length, 1);
            if (run !== undefined) map.release(run.start, run.count);
          } else if (each.kind === 'grow') {
            blocks += each.count;
            map.grow(blocks);
          }
          expect(map.used).to.equal(taken.reduce((sum, { count }) => sum + count, 32));
        }
      }),
    );
  });

  it('fills one group of 64 KiB before it begins the next', () => {
    const map = new BlockMap(100_000);
    const groups = new Set(Array.from({ length: 16 }, () => Math.floor((map.allocate(1)?.start ?? 0) / 16)));
    expect([...groups]).to.deep.equal([2]);
    expect(map.allocate(1)?.start).to.equal(48);
  });

  it('begins no group that is more than half full while another is not', () => {
    const map = new BlockMap(100_000);
    for (let group = 0; group < 3; group++) map.allocate(16);
    map.release(40, 4);
    map.release(48, 12);
    expect(map.allocate(4)?.start).to.equal(48);
  });
});
