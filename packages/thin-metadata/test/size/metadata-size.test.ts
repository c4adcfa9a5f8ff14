import { metadataSize } from '@dmthin/thin-metadata';
import { expect } from 'chai';

describe('metadataSize', () => {
  it('estimates what thin_metadata_size estimates', () => {
    const gibibyte = 1n << 21n;
    expect(metadataSize({ dataBlockSize: 128n, poolSize: 1024n * gibibyte, maxThins: 1000n })).to.equal(
      1_073_224n * 512n,
    );
    expect(metadataSize({ dataBlockSize: 128n, poolSize: gibibyte, maxThins: 1n })).to.equal(1056n * 512n);
  });

  it('refuses what cannot be', () => {
    const refused = { dataBlockSize: 126n, poolSize: 1n << 21n, maxThins: 1n };
    expect(() => metadataSize(refused)).to.throw('block size must be 2^^N');
    expect(() => metadataSize({ ...refused, dataBlockSize: 128n, poolSize: 128n })).to.throw('larger than block size');
  });
});
