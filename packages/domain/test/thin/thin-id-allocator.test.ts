import { MAX_THIN_ID, type ThinId, ThinIdAllocator, thinId } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf } from '../code-of.ts';

const COUNT = MAX_THIN_ID + 1;
const ids = fc
  .oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: MAX_THIN_ID - 40, max: MAX_THIN_ID }),
    fc.integer({ min: 4090, max: 4100 }),
    fc.integer({ min: 0, max: MAX_THIN_ID }),
  )
  .map(thinId);

describe('thin id', () => {
  it('is a whole number of 24 bits', () => {
    expect(thinId(MAX_THIN_ID)).to.equal(16_777_215);
    for (const value of [-1, COUNT, 1.5, Number.NaN]) expect(codeOf(() => thinId(value))).to.equal('INVALID_ARGUMENT');
  });
});

describe('thin id allocator', () => {
  it('begins with 1, goes on by one, and comes to 0 after the last', () => {
    const allocator = new ThinIdAllocator();
    expect([allocator.take(), allocator.take()]).to.deep.equal([1, 2]);
    expect(new ThinIdAllocator(thinId(MAX_THIN_ID)).take()).to.equal(0);
    expect(new ThinIdAllocator(thinId(MAX_THIN_ID - 1), [thinId(MAX_THIN_ID)]).take()).to.equal(0);
  });

  it('does not give an id again that was just freed', () => {
    const allocator = new ThinIdAllocator();
    const first = allocator.take();
    allocator.free(first);
    expect(allocator.take()).to.equal(2);
  });

  it('gives out what a plain search of a plain set would', () => {
    const operations = fc.array(fc.oneof(fc.constant('take' as const), ids), { maxLength: 60 });
    fc.assert(
      fc.property(ids, fc.array(ids, { maxLength: 30 }), operations, (last, inUse, steps) => {
        const allocator = new ThinIdAllocator(last, inUse);
        const set = new Set<ThinId>(inUse);
        let previous: number = last;
        for (const step of steps) {
          if (step === 'take') {
            do previous = (previous + 1) % COUNT;
            while (set.has(thinId(previous)));
            set.add(thinId(previous));
            expect(allocator.take()).to.equal(previous);
          } else {
            expect(allocator.free(step)).to.equal(set.delete(step));
            expect(allocator.has(step)).to.equal(false);
          }
          expect(allocator.used).to.equal(set.size);
          expect(allocator.last).to.equal(previous);
        }
      }),
    );
  });

  it('says when two want the same id', () => {
    const allocator = new ThinIdAllocator(thinId(0), [thinId(9)]);
    expect(allocator.claim(thinId(9))).to.equal(false);
    expect(allocator.claim(thinId(10))).to.equal(true);
    expect(allocator.used).to.equal(2);
  });

  it('gives out every id once, and then says so', () => {
    const allocator = new ThinIdAllocator(thinId(5000));
    const seen = new Uint8Array(COUNT);
    for (let count = 0; count < COUNT; count += 1) seen[allocator.take()] = 1;
    expect(seen.every((mark) => mark === 1)).to.equal(true);
    expect(codeOf(() => allocator.take())).to.equal('NO_SPACE');
    allocator.free(thinId(77));
    expect(allocator.take()).to.equal(77);
    allocator.free(thinId(70));
    expect(allocator.take()).to.equal(70);
  }).timeout(20_000);
});
