import { thinId, transactionId } from '@dmthin/domain';
import { MemoryMetadataDevice, openPoolMetadata, type PoolMetadata } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { errnoOf } from '../support/errno-of.ts';

describe('PoolMetadata', () => {
  const ORIGIN = thinId(1);
  const SNAPSHOT = thinId(2);
  let device: MemoryMetadataDevice;
  let pool: PoolMetadata;

  beforeEach(() => {
    device = new MemoryMetadataDevice(512);
    pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
    pool.growData(1024);
    pool.commit();
  });

  const reopen = () => openPoolMetadata(device, { dataBlockSize: 128, format: false });
  const used = () => pool.metadataBlocks - pool.freeMetadataBlocks;

  it('uses as much metadata as the kernel says for a fresh pool (dm-kernel.md 3.4)', () => {
    expect(used()).to.equal(60);
    expect([pool.freeDataBlocks, pool.dataBlocks]).to.deep.equal([1024, 1024]);
  });

  it('takes data blocks in order, and a freed one only after a commit', () => {
    pool.createThin(ORIGIN);
    const thin = pool.openThin(ORIGIN);
    for (let block = 0; block < 1024; block++) pool.insert(thin, block, pool.allocateData());
    pool.commit();
    pool.removeRange(thin, 10, 11);
    expect(pool.freeDataBlocks).to.equal(1);
    expect(errnoOf(() => pool.allocateData())).to.equal('ENOSPC');
    pool.commit();
    expect(pool.allocateData()).to.equal(10);
  });

  it('takes blocks older than the last snapshot for shared, on both sides', () => {
    pool.createThin(ORIGIN);
    const origin = pool.openThin(ORIGIN);
    pool.insert(origin, 0, pool.allocateData());
    pool.createSnapshot(SNAPSHOT, ORIGIN);
    pool.insert(origin, 1, pool.allocateData());
    const snapshot = pool.openThin(SNAPSHOT);
    expect(pool.lookup(origin, 0)).to.deep.equal({ dataBlock: 0, isShared: true });
    expect(pool.lookup(origin, 1)).to.deep.equal({ dataBlock: 1, isShared: false });
    expect(pool.lookup(snapshot, 0)).to.deep.equal({ dataBlock: 0, isShared: true });
    expect(pool.lookup(snapshot, 1)).to.equal(undefined);
  });

  it('finds runs of mappings', () => {
    pool.createThin(ORIGIN);
    const thin = pool.openThin(ORIGIN);
    for (const block of [5, 6, 7, 9]) pool.insert(thin, block, pool.allocateData());
    expect(pool.findMappedRange(thin, 0, 100)).to.deep.equal({ begin: 5, end: 8, dataBegin: 0, isShared: false });
    expect(pool.findMappedRange(thin, 6, 7)).to.deep.equal({ begin: 6, end: 7, dataBegin: 1, isShared: false });
    expect(pool.findMappedRange(thin, 8, 9)).to.equal(undefined);
    expect(pool.highestMappedBlock(thin)).to.equal(9);
  });

  it('refuses with the errno of the kernel, and changes nothing', () => {
    pool.createThin(ORIGIN);
    const thin = pool.openThin(ORIGIN);
    const time = pool.time;
    expect(errnoOf(() => pool.createThin(ORIGIN))).to.equal('EEXIST');
    expect(errnoOf(() => pool.createSnapshot(ORIGIN, SNAPSHOT))).to.equal('EEXIST');
    expect(errnoOf(() => pool.createSnapshot(SNAPSHOT, thinId(3)))).to.equal('ENODATA');
    expect(errnoOf(() => pool.deleteThin(SNAPSHOT))).to.equal('ENODATA');
    expect(errnoOf(() => pool.deleteThin(ORIGIN))).to.equal('EBUSY');
    expect(errnoOf(() => pool.setTransactionId(transactionId(1), transactionId(2)))).to.equal('EINVAL');
    expect(errnoOf(() => pool.releaseMetadataSnapshot())).to.equal('EINVAL');
    expect(errnoOf(() => pool.growData(1023))).to.equal('EINVAL');
    expect(errnoOf(() => pool.growMetadata(511))).to.equal('EINVAL');
    expect(pool.time).to.equal(time);
    pool.closeThin(thin);
    pool.deleteThin(ORIGIN);
    expect(pool.thinIds()).to.deep.equal([]);
  });

  it('brings back the last commit, after an abort and after a crash', () => {
    pool.createThin(ORIGIN);
    pool.commit();
    pool.createThin(SNAPSHOT);
    expect(reopen().thinIds()).to.deep.equal([ORIGIN]);
    pool.abort();
    expect(pool.thinIds()).to.deep.equal([ORIGIN]);
    pool.createThin(SNAPSHOT);
    pool.commit();
    expect(reopen().thinIds()).to.deep.equal([ORIGIN, SNAPSHOT]);
  });

  it('goes on showing the counts of an aborted transaction, and does not commit them (dm-kernel.md 8.4)', () => {
    pool.createThin(ORIGIN);
    const thin = pool.openThin(ORIGIN);
    pool.commit();
    pool.insert(thin, 0, pool.allocateData());
    pool.abort();
    expect([thin.mappedBlocks, thin.hasLostChanges, pool.lookup(thin, 0)]).to.deep.equal([1, true, undefined]);
    pool.insert(thin, 5, pool.allocateData());
    pool.commit();
    expect(reopen().deviceDetails(ORIGIN)?.mappedBlocks).to.equal(1);
  });

  it('holds metadata for user space until it is released', () => {
    pool.createThin(ORIGIN);
    pool.commit();
    const before = pool.rawFreeMetadataBlocks;
    pool.reserveMetadataSnapshot();
    expect(errnoOf(() => pool.reserveMetadataSnapshot())).to.equal('EBUSY');
    pool.deleteThin(ORIGIN);
    pool.commit();
    expect(reopen().heldRoot).to.equal(pool.heldRoot);
    pool.releaseMetadataSnapshot();
    pool.commit();
    expect(reopen().heldRoot).to.equal(undefined);
    expect(pool.rawFreeMetadataBlocks).to.equal(before + 1);
  });

  it('says when free metadata falls to a mark, once', () => {
    let told = 0;
    pool.onMetadataLow(pool.rawFreeMetadataBlocks - 12, () => told++);
    for (let id = 0; id < 20; id++) pool.createThin(thinId(id));
    expect(told).to.equal(1);
  });

  it('writes nothing to a pool that is only looked at', () => {
    const copy = device.copy();
    let writes = 0;
    const counting = new Proxy(copy, {
      get: (target, name) => {
        if (name === 'write') writes++;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const other = openPoolMetadata(counting, { dataBlockSize: 128, format: false });
    other.commit();
    other.close();
    expect(writes).to.equal(0);
  });

  it('refuses changes while it is read-only', () => {
    pool.setReadOnly(true);
    expect(errnoOf(() => pool.createThin(ORIGIN))).to.equal('EPERM');
    pool.setReadOnly(false);
    pool.createThin(ORIGIN);
  });

  it('records that it needs a check when it is closed, and loses it in a crash before', () => {
    pool.createThin(ORIGIN);
    pool.abort();
    pool.setNeedsCheck();
    pool.setReadOnly(true);
    expect([pool.needsCheck, reopen().needsCheck]).to.deep.equal([true, false]);
    pool.close();
    expect(reopen().needsCheck).to.equal(true);
  });

  it('runs out of metadata with ENOSPC, and stands after the abort', () => {
    const fill = () => {
      for (let id = 100; id < 1000; id++) {
        pool.createThin(thinId(id));
        pool.commit();
      }
    };
    expect(errnoOf(fill)).to.equal('ENOSPC');
    pool.abort();
    const ids = pool.thinIds();
    expect(reopen().thinIds()).to.deep.equal(ids);
    pool.setTransactionId(transactionId(0), transactionId(1));
  });
});

describe('openPoolMetadata', () => {
  const options = { dataBlockSize: 128, format: true };

  it('says of each size of device what the kernel says (dm-kernel.md 3.1)', () => {
    const outcome = (blocks: number) => errnoOf(() => openPoolMetadata(new MemoryMetadataDevice(blocks), options));
    expect(outcome(0)).to.equal('EIO');
    for (const blocks of [1, 2]) expect(outcome(blocks), `${blocks}`).to.equal('EINVAL');
    for (const blocks of [3, 4, 5, 6, 7]) expect(outcome(blocks), `${blocks}`).to.equal('ENOSPC');
    for (const blocks of [8, 9, 12]) expect(outcome(blocks), `${blocks}`).to.equal(undefined);
  });

  it('fails to grow, to commit, or neither, as the kernel does at each size', () => {
    const grown = (blocks: number) => {
      const pool = openPoolMetadata(new MemoryMetadataDevice(blocks), options);
      return [errnoOf(() => pool.growData(1024)), errnoOf(() => pool.commit())];
    };
    for (const blocks of [8, 9]) expect(grown(blocks)[0], `${blocks}`).to.equal('ENOSPC');
    for (const blocks of [10, 11]) expect(grown(blocks), `${blocks}`).to.deep.equal([undefined, 'ENOSPC']);
    expect(grown(12)).to.deep.equal([undefined, undefined]);
  });

  it('leaves a device alone that it cannot format', () => {
    const device = new MemoryMetadataDevice(7);
    expect(errnoOf(() => openPoolMetadata(device, options))).to.equal('ENOSPC');
    expect(device.read(0).every((byte) => byte === 0)).to.equal(true);
  });

  it('tells a foreign, a damaged and another block 0 apart', () => {
    const made = new MemoryMetadataDevice(64);
    openPoolMetadata(made, options);
    const withByte = (offset: number, value: number) => {
      const device = made.copy();
      const block = device.read(0).slice();
      block[offset] = value;
      device.write(0, block);
      return errnoOf(() => openPoolMetadata(device, options));
    };
    expect(withByte(8, 1)).to.equal('ENOTBLK');
    expect(withByte(32, 1)).to.equal('EILSEQ');
    expect(withByte(4000, 1)).to.equal('EILSEQ');
    expect(errnoOf(() => openPoolMetadata(made, { dataBlockSize: 256, format: true }))).to.equal('EINVAL');
    expect(errnoOf(() => openPoolMetadata(new MemoryMetadataDevice(64), { ...options, format: false }))).to.equal(
      'EPERM',
    );
  });
});
