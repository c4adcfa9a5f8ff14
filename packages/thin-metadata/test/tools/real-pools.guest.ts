import { checkMetadata, dumpPool, openMetadataFile, readPool, restorePool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { compareLists, compareReverseMaps, compareTexts } from '../support/compare-with-tools.ts';
import { errnoOf } from '../support/errno-of.ts';
import { DATA_BLOCKS, RealPool, THIN_BLOCKS } from '../support/real-pool.ts';
import { runs } from '../support/runs.ts';
import { textOf } from '../support/text-of.ts';
import { output, tool } from '../support/tool.ts';

type Step =
  | { readonly kind: 'create'; readonly origin: number | undefined }
  | { readonly kind: 'delete'; readonly which: number }
  | { readonly kind: 'write' | 'discard'; readonly which: number; readonly begin: number; readonly count: number };

const which = fc.nat(20);
const begin = fc.nat(THIN_BLOCKS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), origin: fc.constant(undefined) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), origin: which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      which,
      begin,
      count: fc.integer({ min: 1, max: 120 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('discard' as const),
      which,
      begin,
      count: fc.integer({ min: 1, max: 300 }),
    }),
  },
);

describe('pools made by the real kernel', function () {
  this.timeout(0);
  let pool: RealPool;
  beforeEach(() => {
    pool = new RealPool();
    pool.activate();
  });
  afterEach(() => {
    if (tool('dmsetup', 'ls').stdout.includes('dmthin-metadata')) pool.deactivate();
    pool.remove();
  });

  it('read as the tools read them: held while they run, live once they are down', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 12, maxLength: 24 }), (steps) => {
        const ids = perform(pool, steps);
        pool.message('reserve_metadata_snap');
        try {
          using held = openMetadataFile(pool.metadata, { shared: true });
          compareTexts(readPool(held, { held: true }), pool.metadata, '-m');
          expect(checkMetadata(held, { held: true })).to.deep.equal([]);
          expect(errnoOf(() => openMetadataFile(pool.metadata))).to.equal('EBUSY');
        } finally {
          pool.message('release_metadata_snap');
        }
        pool.deactivate();
        {
          // The tools want the device for themselves.
          using device = openMetadataFile(pool.metadata, { shared: true });
          const reader = readPool(device);
          expect([...reader.thinDevices()].map(({ id }) => id)).to.deep.equal([...ids].sort((a, b) => a - b));
          expect(checkMetadata(device)).to.deep.equal([]);
          expect(tool('thin_check', pool.metadata).status).to.equal(0);
          compareTexts(reader, pool.metadata);
          compareLists(reader, pool.metadata);
          compareReverseMaps(reader, pool.metadata, 0, DATA_BLOCKS);
        }
        pool.activate();
        for (const id of ids) pool.message(`delete ${id}`);
      }),
      { numRuns: Math.ceil(runs(2) / 2), endOnFailure: true },
    );
  });

  it('go on in the kernel once they were dumped and restored', async () => {
    pool.message('create_thin 0');
    pool.write(0, 0, 300, 7);
    pool.message('create_snap 1 0');
    pool.write(1, 0, 50, 3);
    pool.deactivate();
    let dump: string;
    {
      using device = openMetadataFile(pool.metadata, { write: true });
      dump = textOf(dumpPool(readPool(device)));
      await restorePool(device, [Buffer.from(dump)]);
    }
    expect(output('thin_dump', pool.metadata)).to.equal(dump);
    pool.activate();
    pool.write(1, 1000, 200, 1);
    pool.write(0, 0, 100, 1);
    pool.discard(0, 50, 500);
    pool.message('create_snap 2 1');
    pool.deactivate();
    using device = openMetadataFile(pool.metadata, { shared: true });
    expect(checkMetadata(device)).to.deep.equal([]);
    expect(tool('thin_check', pool.metadata).status).to.equal(0);
    compareTexts(readPool(device), pool.metadata);
  });
});

/** Makes the steps; returns the thin ids that are there in the end. */
function perform(pool: RealPool, steps: readonly Step[]): readonly number[] {
  const ids: number[] = [];
  let next = 0;
  for (const change of steps) {
    const at = 'which' in change ? change.which % Math.max(1, ids.length) : 0;
    const id = ids[at];
    if (change.kind === 'create') {
      const origin = change.origin === undefined ? undefined : ids[change.origin % Math.max(1, ids.length)];
      pool.message(origin === undefined ? `create_thin ${next}` : `create_snap ${next} ${origin}`);
      ids.push(next++);
    } else if (id === undefined) continue;
    else if (change.kind === 'delete') {
      pool.message(`delete ${id}`);
      ids.splice(at, 1);
    } else if (change.kind === 'write') pool.write(id, change.begin, change.count, 1 + (change.begin % 3));
    else pool.discard(id, change.begin, change.count);
  }
  return ids;
}
