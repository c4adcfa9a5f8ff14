import { MemoryStore, VolatileStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';
import fc from 'fast-check';

const SECTOR = 512;
const SIZE = 64 * SECTOR + 3 * SECTOR;

const changes = fc.array(
  fc
    .record({ from: fc.nat(SIZE / SECTOR - 1), count: fc.integer({ min: 1, max: 40 }), byte: fc.nat(255) })
    .map(({ from, count, byte }) => ({
      offset: from * SECTOR,
      length: Math.min(count * SECTOR, SIZE - from * SECTOR),
      byte,
    })),
  { maxLength: 8 },
);

function apply(store: VolatileStore, all: typeof changes extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  for (const { offset, length, byte } of all)
    if (byte === 0) store.discard(offset, length);
    else store.write(offset, new Uint8Array(length).fill(byte));
  return store.read(0, SIZE);
}

describe('a volatile store', () => {
  it('has after a power cut what was flushed, and nothing that was not', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const store = new VolatileStore(new MemoryStore(SIZE));
        const flushed = apply(store, before);
        store.flush();
        apply(store, after);
        store.cutPower();
        expect(Buffer.compare(store.read(0, SIZE), flushed)).to.equal(0);
      }),
    );
  });

  it('may have any of what was not flushed, sector by sector the old or the new', () => {
    let kept = 0;
    fc.assert(
      fc.property(
        changes,
        changes,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (before, after, chances) => {
          const store = new VolatileStore(new MemoryStore(SIZE));
          const old = apply(store, before);
          store.flush();
          const latest = apply(store, after);
          store.cutPower(() => chances.next().value ?? 0);
          const found = store.read(0, SIZE);
          for (let at = 0; at < SIZE; at += SECTOR) {
            const sector = [...found.subarray(at, at + SECTOR)];
            const isOld = Buffer.compare(found.subarray(at, at + SECTOR), old.subarray(at, at + SECTOR)) === 0;
            if (!isOld) expect(sector).to.deep.equal([...latest.subarray(at, at + SECTOR)]);
            if (!isOld) kept++;
          }
          // What is there after the cut is on the disk.
          store.cutPower();
          expect(Buffer.compare(store.read(0, SIZE), found)).to.equal(0);
        },
      ),
    );
    expect(kept).to.be.greaterThan(0);
  });
});
