import { bytes, DmError, thinId, transactionId, volumeId } from '@dmthin/domain';
import type { Records, VolumeRecord } from '@dmthin/ports';
import { MemoryDisk, nodeDisk, openDockerRecords } from '@dmthin/records-docker';
import { expect } from 'chai';
import { TemporaryRoot } from './root.ts';

/** docker-devicemapper.md 12.1, as far as it is about files. */
describe("Docker's defects, in the records", () => {
  let root: TemporaryRoot;
  beforeEach(async () => {
    root = await TemporaryRoot.make();
  });
  afterEach(() => root[Symbol.asyncDispose]());

  it('one record that is cut short keeps no other from being read, and none of its bytes is lost (defect 7)', async () => {
    await root.write('metadata/good', JSON_OF_GOOD);
    await root.write('metadata/cut', JSON_OF_GOOD.slice(0, 20));
    await root.write(
      'metadata/large',
      '{"device_id":16777216,"size":1,"transaction_id":1,"initialized":false,"deleted":false}',
    );
    const { volumes, broken } = await root.load();
    expect(volumes.map(({ volume }) => volume)).to.deep.equal(['good']);
    expect(broken.map(({ name }) => name)).to.deep.equal(['cut', 'large']);
    const [cut] = broken;
    expect(await root.read(cut?.setAsideAs.slice(root.directory.length + 1) ?? '')).to.equal(JSON_OF_GOOD.slice(0, 20));
    expect((await root.load()).broken).to.deep.equal([]);
  });

  it('a save and a removal outlast a power cut, and no in-flight file stays (defect 9)', async () => {
    const disk = new MemoryDisk();
    const powerCut = async (): Promise<Records> => {
      disk.cutPower('loses everything');
      await root.forgetLock();
      return openDockerRecords({ directory: root.directory, disk });
    };
    let records = await openDockerRecords({ directory: root.directory, disk });
    await records.saveVolume(record('gone', 2));
    await records.saveVolume(record('kept', 1));
    records = await powerCut();
    expect((await records.load()).volumes.map(({ volume }) => volume)).to.deep.equal(['gone', 'kept']);
    await records.removeVolume(volumeId('gone'));
    records = await powerCut();
    expect((await records.load()).volumes.map(({ volume }) => volume)).to.deep.equal(['kept']);

    await (await disk.create(root.path('metadata', '.tmp123'))).close();
    await disk.syncDirectory(root.path('metadata'));
    const again = await powerCut();
    const { volumes, leftovers } = await again.load();
    expect(volumes.map(({ volume }) => volume)).to.deep.equal(['kept']);
    expect(leftovers).to.deep.equal([root.path('metadata', '.tmp123')]);
    expect((await disk.list(root.path('metadata'))).map(({ name }) => name)).to.deep.equal(['kept']);
    await again.close();
  });

  it('the old file of all records stays until each has one of its own (defect 31)', async () => {
    const legacy = { Devices: { '': old(1), one: old(2), two: old(3) } };
    await root.write('devicemapper/json', JSON.stringify(legacy));
    const disk = nodeDisk(false);
    let left = 2;
    const failing = {
      ...disk,
      create: async (path: string) => {
        if (path.includes('metadata') && left-- <= 0)
          throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' });
        return disk.create(path);
      },
    };
    const refused = await root.load(failing).catch((error: unknown) => error);
    expect(DmError.is(refused, 'NO_SPACE'), String(refused)).to.equal(true);
    expect(await root.names('devicemapper')).to.deep.equal(['json']);
    const { volumes } = await root.load();
    expect(volumes.map(({ volume, thinId: id }) => [volume, id])).to.deep.equal([
      ['', 1],
      ['one', 2],
      ['two', 3],
    ]);
    expect(await root.names('devicemapper')).to.deep.equal(['json.migrated']);
  });

  it('a volume can be deleted where its file system is full (defect 33)', async () => {
    const disk = new MemoryDisk();
    const records = await openDockerRecords({ directory: root.directory, disk });
    await records.saveVolume(record('old', 1));
    await records.saveIntent({ volume: volumeId('old'), thinId: thinId(1), transactionId: transactionId(1) });
    disk.freeBlocks = 0;
    disk.freeInodes = 0;
    const refused = await records.saveVolume(record('new', 2)).catch((error: unknown) => error);
    expect(DmError.is(refused, 'NO_SPACE'), String(refused)).to.equal(true);
    await records.saveIntent({ volume: volumeId('old'), thinId: thinId(1), transactionId: transactionId(2) });
    await records.saveVolume({ ...record('old', 1), isDeleted: true });
    await records.removeVolume(volumeId('old'));
    expect(await records.load()).to.deep.include({
      volumes: [],
      intent: { volume: 'old', thinId: 1, transactionId: 2n },
    });
    await records.close();
  });
});

const JSON_OF_GOOD = '{"device_id":7,"size":1048576,"transaction_id":1,"initialized":false,"deleted":false}';

const record = (id: string, thin: number): VolumeRecord => ({
  volume: volumeId(id),
  thinId: thinId(thin),
  size: bytes(1048576),
  transactionId: transactionId(1),
  isInitialized: false,
  isDeleted: false,
});

const old = (id: number): object => ({
  device_id: id,
  size: 1048576,
  transaction_id: 1,
  initialized: false,
  deleted: false,
});
