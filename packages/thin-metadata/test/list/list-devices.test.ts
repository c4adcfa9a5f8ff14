import { listDevices, readPool, reverseMap } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { smallPool } from '../support/sample-pool.ts';

describe('listDevices', () => {
  it('tells what only one device maps from what several do', () => {
    const listed = listDevices(readPool(smallPool()));
    expect(listed.map(({ id, exclusiveBlocks, sharedBlocks }) => [id, exclusiveBlocks, sharedBlocks])).to.deep.equal([
      [1, 2, 3],
      [2, 1, 3],
      [5, 0, 0],
    ]);
  });
});

describe('reverseMap', () => {
  it('says who maps the data blocks of some regions', () => {
    const runs = reverseMap(readPool(smallPool()), [
      { begin: 1, end: 3 },
      { begin: 5, end: 6 },
    ]);
    expect(runs).to.deep.equal([
      { dataBegin: 1, dataEnd: 3, thin: 2, thinBegin: 1 },
      { dataBegin: 2, dataEnd: 3, thin: 1, thinBegin: 2 },
      { dataBegin: 5, dataEnd: 6, thin: 1, thinBegin: 1 },
    ]);
  });
});
