import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStorageOptions } from '@dmthin/domain';
import { ManualClock } from '@dmthin/kernel-fake';
import { expect } from 'chai';
import { fakeWorld, MIB, SMALL } from '../driver/driver-world.ts';
import { inside, read, write } from '../driver/layers.ts';
import { errorOf } from '../support/expect-error.ts';

describe("Docker's defects, at the start of the driver", function () {
  this.timeout(60_000);

  it('a fresh root has its deletion worker (defect 1)', async () => {
    const clock = new ManualClock();
    await using world = await fakeWorld('docker', () => ({ clock }));
    const driver = await world.open();
    await driver.create('a');
    await driver.mount('a');
    await driver.remove('a');
    expect(driver.layer('a').isDeleted).to.equal(true);
    await driver.unmount('a');
    for (let second = 0; second < 60 && driver.exists('a'); second += 1) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(driver.exists('a')).to.equal(false);
    await driver.close();
  });

  for (const lost of ['data', 'metadata'])
    it(`a root that lost its ${lost} file is not started over it (defect 1)`, async () => {
      await using world = await fakeWorld('docker');
      const driver = await world.open();
      await driver.create('a');
      await driver.close();
      const file = join(world.root, 'devicemapper', lost);
      await rm(file);
      const error = await errorOf(world.open(), 'CONFLICT');
      expect(error.message).to.include(`${file} is gone`);
      expect(error.remedy).to.include('Put the file back');
      expect(await stat(file).catch(() => 'none')).to.equal('none');
      await writeFile(file, '');
      expect((await errorOf(world.open(), 'CONFLICT')).message).to.include(`${file} is empty`);
      expect((await stat(file)).size).to.equal(0);
      expect(await readFile(join(world.root, 'metadata', 'a'), 'utf8')).to.include('"device_id":2');
      expect(await world.kernel.list()).to.deep.equal([]);
    });

  it('a base whose filesystem could not grow is grown at the next start (defect 10)', async () => {
    await using world = await fakeWorld('docker');
    await (await world.open()).close();
    world.host.faults.inject({ operation: 'grow', errno: 'EIO' });
    await errorOf(world.open(['dm.basesize=40M']), 'IO');
    const driver = await world.open(['dm.basesize=40M']);
    await driver.create('new');
    await inside(driver, 'new', (root) => writeFile(join(root, 'fill'), Buffer.alloc(28 * MIB, 1)));
    await driver.close();
  });

  it('a layer whose filesystem could not grow is not there, and can be made again (defect 10)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    const create = (): Promise<unknown> => driver.create('large', { storageOptions: { size: '40M' } });
    world.host.faults.inject({ operation: 'grow', errno: 'EIO' });
    await errorOf(create(), 'IO');
    expect(driver.exists('large')).to.equal(false);
    expect((await world.kernel.list()).map(({ name }) => name)).to.deep.equal([(await driver.status()).poolName]);
    await create();
    await inside(driver, 'large', (root) => writeFile(join(root, 'fill'), Buffer.alloc(28 * MIB, 1)));
    await driver.close();
  });

  it('an upgraded root gets the uuid and the type of its base on record (defect 11)', async () => {
    await using world = await fakeWorld('docker');
    const first = await world.open(['dm.fs=ext4']);
    await first.create('a');
    await first.close();
    const file = join(world.root, 'metadata', 'deviceset-metadata');
    const before: unknown = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, '{"next_device_id":2,"BaseDeviceUUID":"","BaseDeviceFilesystem":""}');
    const second = await world.open(['dm.basesize=40M']);
    expect((await second.status()).rows).to.deep.include(['Backing Filesystem', 'ext4']);
    await second.close();
    expect(JSON.parse(await readFile(file, 'utf8'))).to.deep.equal(before);
  });

  it('a pool is found on its loop devices, though others between are gone (defect 29)', async () => {
    await using world = await fakeWorld('docker');
    const other = join(world.root, '..', 'other');
    await writeFile(other, Buffer.alloc(MIB));
    const loop = await world.host.loopDevices.attach(other);
    const first = await world.open();
    await first.create('a');
    await write(first, 'a', { file: 'kept' });
    await first.release();
    await world.host.loopDevices.detach(loop);
    const numbers = (await world.host.loopDevices.list()).map(({ number }) => number.minor);
    expect(numbers).to.deep.equal([1, 2]);
    const second = await world.open();
    expect(await read(second, 'a', 'file')).to.equal('kept');
    await second.close();
  });

  it('drivers of one process share no option, and leave nothing running behind them (defect 30)', async () => {
    const sleepers = new Set<number>();
    let slept = 0;
    await using world = await fakeWorld('docker', ({ clock }) => ({
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        sleep: async (milliseconds, signal) => {
          const sleeper = slept++;
          sleepers.add(sleeper);
          await clock.sleep(milliseconds, signal).finally(() => sleepers.delete(sleeper));
        },
      },
    }));
    const deferral = 'dm.use_deferred_removal=false';
    const first = await world.open([deferral, 'dm.basesize=40M']);
    expect(sleepers.size).to.equal(1);
    expect((await first.status()).deferredRemoval).to.equal(false);
    await first.close();
    expect(sleepers.size).to.equal(0);
    await using other = await fakeWorld('docker');
    const second = await other.open();
    const { rows } = await second.status();
    expect(rows).to.deep.include(['Base Device Size', '20.97MB']);
    expect(rows).to.deep.include(['Deferred Removal Enabled', 'true']);
    await second.close();
    parseStorageOptions(['dm.basesize=40M']);
    expect(parseStorageOptions(SMALL).isBaseSizeGiven).to.equal(true);
    expect(parseStorageOptions([]).isBaseSizeGiven).to.equal(false);
  });
});
