import { join } from 'node:path';
import { humanSize } from '@dmthin/domain';
import { expect } from 'chai';
import { type MakeWorld, MIB } from '../driver-world.ts';

export function statusCases(makeWorld: MakeWorld): void {
  describe('status', () => {
    it("shows a pool over files in docker info's rows", async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const status = await driver.status();
      expect(status.layers).to.equal(1);
      expect(status.data.total).to.equal(BigInt(256 * MIB));
      expect(status.data.used % status.blockSize).to.equal(0n);
      expect(status.pool).to.include({ kind: 'ok', mode: 'rw' });
      const rows = [...status.rows];
      if (rows.at(-1)?.[0] === 'Library Version') rows.pop();
      expect(rows).to.deep.equal([
        ['Pool Name', status.poolName],
        ['Pool Blocksize', '65.54kB'],
        ['Base Device Size', '20.97MB'],
        ['Backing Filesystem', status.backingFilesystem],
        ['Udev Sync Supported', String(world.ports.kernel.capabilities.udevSync)],
        ['Data file', status.dataFile],
        ['Metadata file', status.metadataFile],
        ['Data loop file', join(driver.root, 'devicemapper', 'data')],
        ['Metadata loop file', join(driver.root, 'devicemapper', 'metadata')],
        ['Data Space Used', humanSize(status.data.used)],
        ['Data Space Total', '268.4MB'],
        ['Data Space Available', humanSize(status.data.available)],
        ['Metadata Space Used', humanSize(status.metadata.used)],
        ['Metadata Space Total', '8.389MB'],
        ['Metadata Space Available', humanSize(status.metadata.available)],
        ['Thin Pool Minimum Free Space', '26.8MB'],
        ['Deferred Removal Enabled', 'true'],
        ['Deferred Deletion Enabled', 'true'],
        ['Deferred Deleted Device Count', '0'],
      ]);
      expect(status.poolName).to.match(/^docker-\d+:\d+-\d+-pool$/u);
      expect(status.dataFile).to.match(/^\/dev\/loop\d+$/u);
      await driver.close();
    });

    it('leaves the rows of files out for a pool from outside', async () => {
      await using world = await makeWorld();
      const pool = await world.makePool('given');
      const driver = await world.open([`dm.thinpooldev=/dev/mapper/${pool}`, 'dm.min_free_space=0%']);
      const { rows, minimumFreeSpace } = await driver.status();
      const labels = rows.map(([label]) => label);
      expect(rows[0]).to.deep.equal(['Pool Name', 'given']);
      expect(labels).to.not.include.members(['Data file']);
      expect(labels.filter((label) => label.includes('file'))).to.deep.equal([]);
      expect(minimumFreeSpace).to.equal(0n);
      await driver.close();
    });
  });
}
