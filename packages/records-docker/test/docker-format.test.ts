import { stat } from 'node:fs/promises';
import { BASE_VOLUME, bytes, thinId, transactionId, volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import { TemporaryRoot } from './root.ts';

/** What Debian's dockerd 20.10 wrote after its first start on a pool of its own (docker-devicemapper.md 13). */
const BY_DOCKER = {
  base: '{"device_id":1,"size":1073741824,"transaction_id":1,"initialized":true,"deleted":false}',
  'deviceset-metadata':
    '{"next_device_id":1,"BaseDeviceUUID":"7210f532-e03f-48ae-90db-37301b263cca","BaseDeviceFilesystem":"ext4"}',
  'transaction-metadata': '{"open_transaction_id":1,"device_hash":"","device_id":1}',
} as const;

describe("Docker's files", () => {
  let root: TemporaryRoot;
  beforeEach(async () => {
    root = await TemporaryRoot.make();
  });
  afterEach(() => root[Symbol.asyncDispose]());

  it('are read as dockerd wrote them, and written back to the byte', async () => {
    for (const [name, text] of Object.entries(BY_DOCKER)) await root.write(`metadata/${name}`, text);
    const loaded = await root.load();
    expect(loaded.volumes).to.deep.equal([
      {
        volume: BASE_VOLUME,
        thinId: thinId(1),
        size: bytes(2 ** 30),
        transactionId: transactionId(1),
        isInitialized: true,
        isDeleted: false,
      },
    ]);
    await using fresh = await TemporaryRoot.make();
    const records = await fresh.open();
    for (const record of loaded.volumes) await records.saveVolume(record);
    if (loaded.pool !== undefined) await records.savePool(loaded.pool);
    if (loaded.intent !== undefined) await records.saveIntent(loaded.intent);
    await records.close();
    for (const [name, text] of Object.entries(BY_DOCKER)) expect(await fresh.read(`metadata/${name}`)).to.equal(text);
    expect(await fresh.names('metadata')).to.deep.equal(Object.keys(BY_DOCKER).sort());
  });

  it('are read the same however they are spaced and ordered, up to the largest numbers', async () => {
    const numbers = ['"device_id":16777215', '"size":18446744073709551615', '"transaction_id":9007199254740993'];
    const flags = ['"initialized":false', '"deleted":true'];
    await root.write('metadata/compact', `{${[...numbers, ...flags].join(',')}}`);
    await root.write('metadata/spaced', `{ ${[...flags, ...numbers].join(' , ').replace('16777215', '16777214')} }`);
    const { volumes, broken } = await root.load();
    expect(broken).to.deep.equal([]);
    const [compact, spaced] = volumes;
    expect(compact).to.include({ size: 2n ** 64n - 1n, transactionId: 2n ** 53n + 1n, isDeleted: true });
    expect(spaced).to.deep.equal({ ...compact, volume: 'spaced', thinId: 16_777_214 });
  });

  it('are refused with a thin id that the pool cannot have', async () => {
    const rest = '"size":1,"transaction_id":1,"initialized":false,"deleted":false';
    await root.write('metadata/high', `{"device_id":16777216,${rest}}`);
    const { volumes, broken } = await root.load();
    expect(volumes).to.deep.equal([]);
    expect(broken.map(({ name }) => name)).to.deep.equal(['high']);
  });

  it("have Docker's modes: 0600, in directories of 0700", async () => {
    const records = await root.open();
    await records.savePool({ lastThinId: 1, baseUuid: '', baseFilesystem: '' });
    await records.close();
    expect((await stat(root.path('metadata'))).mode & 0o777).to.equal(0o700);
    expect((await stat(root.path('metadata', 'deviceset-metadata'))).mode & 0o777).to.equal(0o600);
  });

  it('may lack keys, which are zero then, and have others, which are passed over', async () => {
    await root.write('metadata/old', '{"device_id":629,"size":10737418240,"transaction_id":3379,"colour":"blue"}');
    await root.write('metadata/deviceset-metadata', '{"next_device_id":12}');
    const { volumes, pool, broken } = await root.load();
    expect(volumes[0]).to.include({ thinId: 629, transactionId: 3379n, isInitialized: false, isDeleted: false });
    expect(pool).to.deep.equal({ lastThinId: 12, baseUuid: '', baseFilesystem: '' });
    expect(broken).to.deep.equal([]);
  });

  it('may lack the one of the set, as in old roots', async () => {
    await root.write('metadata/base', BY_DOCKER.base);
    expect(await root.load()).to.deep.include({ pool: undefined, intent: undefined, broken: [] });
  });

  it('with a name that begins with a dot or ends in .migrated are passed over', async () => {
    await root.write('metadata/.hidden', 'not JSON');
    await root.write('metadata/json.migrated', 'not JSON');
    expect(await root.load()).to.deep.include({ volumes: [], broken: [] });
    expect(await root.names('metadata'))
      .to.include('.hidden')
      .and.include('json.migrated');
  });

  it('name the volume that an interrupted change was about', async () => {
    await root.write('metadata/transaction-metadata', '{"open_transaction_id":7,"device_hash":"ab","device_id":12}');
    expect((await root.load()).intent).to.deep.equal({
      transactionId: transactionId(7),
      volume: volumeId('ab'),
      thinId: thinId(12),
    });
  });
});
