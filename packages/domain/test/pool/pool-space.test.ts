import { bytes, dataBlocks, metadataBlocks, poolSpace } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { counters } from './pool-statuses.ts';

describe('the space of a pool', () => {
  it('is used and free, which together are all where no more is used than there is', () => {
    fc.assert(
      fc.property(counters, fc.constantFrom('data' as const, 'metadata' as const), (status, device) => {
        const { used, total, free } = poolSpace(status, device, bytes(4096));
        const { used: blocks, total: all } = status[device];
        expect([used, total]).to.deep.equal([blocks * 4096n, all * 4096n]);
        expect(free).to.equal(blocks > all ? 0n : total - used);
      }),
    );
  });

  it('is that of the device which is asked for, and none where the pool cannot be read', () => {
    fc.assert(
      fc.property(counters, (any) => {
        const status = {
          ...any,
          data: { used: dataBlocks(3), total: dataBlocks(10) },
          metadata: { used: metadataBlocks(1), total: metadataBlocks(2) },
        };
        expect(poolSpace(status, 'data', bytes(65_536)).free).to.equal(458_752n);
        expect(poolSpace(status, 'metadata', bytes(4096)).free).to.equal(4096n);
      }),
      { numRuns: 1 },
    );
    expect(poolSpace({ kind: 'fail' }, 'data', bytes(65_536))).to.deep.equal({ used: 0n, total: 0n, free: 0n });
  });
});
