import { thinId } from '@dmthin/domain';
import { checkMetadata, dumpPool, MemoryMetadataDevice, openPoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { randomOf } from '../support/mutation.ts';
import { textOf } from '../support/text-of.ts';
import { WriteCache } from '../support/write-cache.ts';

describe('a commit', () => {
  const content = (device: MemoryMetadataDevice): string => textOf(dumpPool(readPool(device)));

  it('is there whole or not at all, wherever in it the power goes and whatever of the cache reached the device', () => {
    const random = randomOf(1);
    const device = new WriteCache(new MemoryMetadataDevice(512));
    const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
    pool.growData(4096);
    pool.commit();
    let cuts = 0;
    for (let round = 0; round < 12; round++) {
      const id = thinId(round);
      if (round % 3 === 0) pool.createThin(id);
      else pool.createSnapshot(id, thinId(round - 1));
      const thin = pool.openThin(id);
      for (let block = 0; block < 40; block++) pool.insert(thin, random(300) * 2 + (block % 2), pool.allocateData());
      pool.removeRange(thin, 0, random(100));
      pool.closeThin(thin);
      if (round % 4 === 3) pool.deleteThin(thinId(round - 2));

      const before = content(device.durable());
      device.startLog();
      pool.commit();
      const after = content(device.durable());
      expect(after).not.to.equal(before);
      for (let cut = 0; cut < device.logged; cut++)
        for (const kept of [0, 0.5, 0.9, 1]) {
          const left = device.afterPowerCut(cut, () => random(1000) / 1000 < kept);
          expect(content(left), `round ${round}, cut after ${cut} operations`).to.be.oneOf([before, after]);
          expect(checkMetadata(left)).to.deep.equal([]);
          cuts++;
        }
    }
    expect(cuts).to.be.greaterThan(300);
  });
});
