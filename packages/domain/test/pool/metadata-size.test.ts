import { dataBlocks, MAX_METADATA_SIZE, MIN_METADATA_SIZE, metadataSizeFor } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

describe('metadata size', () => {
  it('is 48 bytes for each data block, within what a pool needs and can use', () => {
    expect(metadataSizeFor(dataBlocks(0))).to.equal(2n * 1024n * 1024n);
    // 100 GiB of 64 KiB blocks: Docker's default data file.
    expect(metadataSizeFor(dataBlocks(1_638_400))).to.equal(78_643_200n);
    expect(metadataSizeFor(dataBlocks(1n << 40n))).to.equal(33_292_800n * 512n);
  });

  it('is whole metadata blocks, never less than wanted nor out of bounds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 29n }), (count) => {
        const size = metadataSizeFor(dataBlocks(count));
        expect(size % 4096n).to.equal(0n);
        expect(size >= MIN_METADATA_SIZE && size <= MAX_METADATA_SIZE).to.equal(true);
        expect(size >= count * 48n || size === MAX_METADATA_SIZE).to.equal(true);
        expect(size - count * 48n < 4096n || size === MIN_METADATA_SIZE).to.equal(true);
      }),
    );
  });
});
