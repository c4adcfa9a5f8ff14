import {
  deviceName,
  freeSpaceFault,
  type PoolFault,
  type PoolStatus,
  parsePoolStatus,
  percent,
  poolFaultError,
  roomBelowFault,
} from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Counters, counters } from './pool-statuses.ts';

const percents = fc.integer({ min: 0, max: 99 }).map(percent);
const POOL = deviceName('docker-thinpool');
const statusOf = (metadata: string, data: string, mode = 'rw'): PoolStatus =>
  parsePoolStatus(`3 ${metadata} ${data} - ${mode} discard_passdown queue_if_no_space - 1024 `);
const errorOf = (fault: PoolFault | undefined) =>
  fault && poolFaultError(fault, POOL, 'snapshot "web-41" from "web-base"');

describe('free space of a pool', () => {
  it("is short below Docker's share of the total, and below one block", () => {
    const ten = percent(10);
    expect(freeSpaceFault(statusOf('0/1000', '900/1000'), ten)).to.equal(undefined);
    expect(freeSpaceFault(statusOf('0/1000', '901/1000'), ten)).to.deep.equal({
      kind: 'short',
      of: 'data',
      free: 99n,
      total: 1000n,
      required: 100n,
      minFreeSpace: 10,
    });
    expect(freeSpaceFault(statusOf('901/1000', '0/1000'), ten)).to.include({ of: 'metadata' });
    // floor(9 * 10 / 100) is 0: one block must be free all the same.
    expect(freeSpaceFault(statusOf('0/1000', '8/9'), ten)).to.equal(undefined);
    expect(freeSpaceFault(statusOf('0/1000', '9/9'), ten)).to.include({ of: 'data', required: 1n });
  });

  it('counts what is left under a sparse file, as if the pool ended there (defect 19)', () => {
    const ten = percent(10);
    const half = statusOf('0/1000', '500/1000');
    expect(roomBelowFault(half, 500n, ten)).to.equal(undefined);
    expect(roomBelowFault(half, 56n, ten)).to.equal(undefined);
    expect(roomBelowFault(half, 54n, ten)).to.include({ free: 54n, required: 55n });
    expect(roomBelowFault(half, 0n, ten)).to.include({ free: 0n });
    expect(roomBelowFault(half, 0n, percent(0))).to.equal(undefined);
    // A pool that is full by itself is told so by the other rule, and a fresh one on a small disk may be used.
    expect(roomBelowFault(statusOf('0/1000', '1000/1000'), 0n, ten)).to.equal(undefined);
    expect(roomBelowFault(statusOf('0/1000', '0/1000'), 5n, ten)).to.equal(undefined);
  });

  it('is not asked for at 0 %', () => {
    expect(freeSpaceFault(statusOf('9/9', '9/9', 'out_of_data_space'), percent(0))).to.equal(undefined);
  });

  it('is what the rule says, for any counts and share', () => {
    const writable = counters.map((status): Counters => ({ ...status, mode: 'rw', needsCheck: false }));
    fc.assert(
      fc.property(writable, percents, (status, share) => {
        const isShort = ({ used, total }: { used: bigint; total: bigint }): boolean => {
          const required = (total * BigInt(share)) / 100n;
          return total - used < (required > 1n ? required : 1n);
        };
        const fault = freeSpaceFault(status, share);
        const expected = isShort(status.data) ? 'data' : isShort(status.metadata) ? 'metadata' : undefined;
        expect(fault?.kind === 'short' ? fault.of : undefined).to.equal(share === 0 ? undefined : expected);
      }),
    );
  });

  it('matters to no pool that is read-only, to be checked, or failed: that is said first (defect 18)', () => {
    fc.assert(
      fc.property(counters, percents, (status, share) => {
        const fault = freeSpaceFault(status, share);
        const takesNoChanges = status.mode === 'ro' || status.needsCheck;
        expect(fault?.kind === 'read-only').to.equal(takesNoChanges);
      }),
    );
    expect(freeSpaceFault({ kind: 'fail' }, percent(0))).to.deep.equal({ kind: 'failed' });
    expect(freeSpaceFault({ kind: 'error' }, percent(0))).to.deep.equal({ kind: 'unreadable' });
  });

  it('makes an error that says what was tried, what is short, and what to do', () => {
    const error = errorOf(freeSpaceFault(statusOf('7380/8192', '0/1000'), percent(10)));
    expect(error?.code).to.equal('NO_SPACE');
    expect(error?.message).to.equal(
      'cannot snapshot "web-41" from "web-base": pool docker-thinpool has 812 of 8,192 metadata blocks free (9.9 %), ' +
        'below dm.min_free_space=10%',
    );
    expect(error?.remedy).to.include('--metadata').and.to.include('nothing was changed');
    expect(errorOf(freeSpaceFault(statusOf('0/10', '0/0'), percent(10)))?.message).to.include(
      '0 of 0 data blocks free (0 %)',
    );
  });

  it('tells the ways of being read-only apart', () => {
    expect(errorOf({ kind: 'read-only', needsCheck: true })).to.include({ code: 'READ_ONLY', subject: POOL });
    expect(errorOf({ kind: 'read-only', needsCheck: true })?.message).to.include('needs a check');
    expect(errorOf({ kind: 'read-only', needsCheck: false })?.message).to.include('out of metadata space');
    expect(errorOf({ kind: 'failed' })).to.include({ code: 'READ_ONLY' });
    expect(errorOf({ kind: 'unreadable' })).to.include({ code: 'IO' });
  });
});
