import {
  bytes,
  bytesOf,
  dataBlocks,
  dataBytes,
  metadataBlocks,
  metadataBytes,
  sectors,
  sectorsOf,
} from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf } from '../code-of.ts';

const counts = fc.bigInt({ min: 0n, max: 1n << 54n });

describe('units', () => {
  it('turn into one another, and drop only what is below a sector', () => {
    fc.assert(
      fc.property(counts, fc.bigInt({ min: 0n, max: 511n }), (count, rest) => {
        expect(sectorsOf(bytesOf(sectors(count)))).to.equal(count);
        expect(sectorsOf(bytes(count * 512n + rest))).to.equal(count);
      }),
    );
    expect(metadataBytes(metadataBlocks(3))).to.equal(12_288n);
    expect(dataBytes(dataBlocks(3), sectors(128))).to.equal(196_608n);
  });

  it('are whole and never negative', () => {
    for (const make of [sectors, bytes, dataBlocks, metadataBlocks]) {
      expect(make(5)).to.equal(5n);
      for (const count of [-1, -1n, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
        expect(
          codeOf(() => make(count)),
          String(count),
        ).to.equal('INVALID_ARGUMENT');
    }
  });
});
