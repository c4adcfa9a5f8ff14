import { MemoryDisk, openDockerRecords } from '@dmthin/records-docker';
import { expect } from 'chai';
import { TemporaryRoot } from '../root.ts';

describe('loading many records', () => {
  it('lets others have their turn, although no read ever waits', async () => {
    await using root = await TemporaryRoot.make();
    const disk = new MemoryDisk();
    const records = await openDockerRecords({ directory: root.directory, disk });
    for (let index = 0; index < 5000; index++) {
      const file = await disk.create(root.path('metadata', `layer-${index}`));
      await file.write(Buffer.from(`{"device_id":${index},"size":1,"transaction_id":1,"initialized":false}`));
    }
    let turns = 0;
    let isLoading = true;
    const takeTurns = (): void => {
      turns++;
      if (isLoading) setImmediate(takeTurns);
    };
    takeTurns();
    expect((await records.load()).volumes).to.have.length(5000);
    isLoading = false;
    expect(turns).to.be.at.least(3);
    await records.close();
  });
});
