import { thinId } from '@dmthin/domain';
import {
  checkMetadata,
  clearNeedsCheck,
  dumpPool,
  MemoryMetadataDevice,
  openPoolMetadata,
  readPool,
  repairLeaks,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { PoolTransaction } from '#src/pool/pool-transaction';
import { textOf } from '../support/text-of.ts';

describe('repairLeaks', () => {
  let device: MemoryMetadataDevice;
  let dump: string;
  beforeEach(() => {
    device = new MemoryMetadataDevice(1024);
    const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
    pool.growData(20_000);
    pool.createThin(thinId(1));
    const thin = pool.openThin(thinId(1));
    for (let block = 0; block < 1000; block++) pool.insert(thin, block, pool.allocateData());
    pool.closeThin(thin);
    pool.commit();
    dump = textOf(dumpPool(readPool(device)));
  });

  function leak(): void {
    const transaction = PoolTransaction.open(device, 128);
    const { data, metadata } = transaction.change();
    metadata.increment(500, 520);
    for (let time = 0; time < 4; time++) data.increment(17_000, 17_003);
    data.increment(3, 4);
    transaction.commit();
  }

  it('gives back what nothing refers to, and touches nothing else', () => {
    leak();
    const leaks = checkMetadata(device);
    expect(
      leaks.map(({ place, block, blocks, excess, severity }) => [place, block, blocks, excess, severity]),
    ).to.have.deep.members([
      ['metadata space map', 500, 20, 1, 'minor'],
      ['data space map', 17_000, 3, 4, 'minor'],
      ['data space map', 3, 1, 1, 'minor'],
    ]);
    expect(repairLeaks(device)).to.equal(3);
    expect(checkMetadata(device)).to.deep.equal([]);
    expect(textOf(dumpPool(readPool(device)))).to.equal(dump);
    expect(openPoolMetadata(device, { dataBlockSize: 128, format: false }).freeDataBlocks).to.equal(19_000);
  });

  it('does nothing where there is worse', () => {
    leak();
    const transaction = PoolTransaction.open(device, 128);
    transaction.change().data.decrement(10, 11);
    transaction.commit();
    const before = device.copy();
    expect(repairLeaks(device)).to.equal(0);
    for (let block = 0; block < 1024; block++) expect(device.read(block)).to.deep.equal(before.read(block));
  });

  it('is apart from the flag that keeps a pool from taking writes', () => {
    const pool = openPoolMetadata(device, { dataBlockSize: 128, format: false });
    pool.setNeedsCheck();
    pool.close();
    expect(readPool(device).superblock.flags).to.equal(1);
    clearNeedsCheck(device);
    expect(readPool(device).superblock.flags).to.equal(0);
    expect(checkMetadata(device)).to.deep.equal([]);
    expect(textOf(dumpPool(readPool(device)))).to.equal(dump);
  });
});
