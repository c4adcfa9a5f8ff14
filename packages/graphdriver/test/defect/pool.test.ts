import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { bytes, devicePath, parseStorageOptions, parseThinPoolTarget, volumeId } from '@dmthin/domain';
import { openRootPool } from '@dmthin/graphdriver';
import type { BlockDevice } from '@dmthin/ports';
import { createMemoryRecords, createMemoryStore } from '@dmthin/records-memory';
import { expect } from 'chai';
import { type FakeWorld, fakeWorld, MIB, SMALL } from '../driver/driver-world.ts';
import { inside, read } from '../driver/layers.ts';
import { errorOf } from '../support/expect-error.ts';

describe("Docker's defects, of the pool", function () {
  this.timeout(60_000);

  it('a pool that takes no changes says so, and what to do (defects 18 and 22)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await driver.create('a');
    await reloadWith(world, 'read_only');
    const status = await driver.status();
    expect(status.pool).to.include({ kind: 'ok', mode: 'ro', needsCheck: false });
    expect(status.data.total).to.equal(bytes(256 * MIB));
    const error = await errorOf(driver.create('b', { parent: 'a' }), 'READ_ONLY');
    expect(error.message).to.include('is read-only');
    expect(error.remedy).to.include('dmthin pool resize --metadata');
    await driver.close();
  });

  it('no layer is made where the file system under the sparse files is nearly full (defect 19)', async function () {
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) return skipCase(this, 'only root mounts, on Linux');
    await using world = await fakeWorld('docker');
    const files = join(world.root, 'devicemapper');
    await mkdir(files, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', files]);
    try {
      const driver = await world.open();
      await driver.create('a');
      await writeFile(join(files, 'others'), Buffer.alloc(52 * MIB, 1));
      const { data } = await driver.status();
      expect(Number(data.total - data.used)).to.be.above(200 * MIB);
      expect(Number(data.available)).to.be.below(12 * MIB);
      await writeFile(join(files, 'more'), Buffer.alloc(20 * MIB, 1)).catch(() => undefined);
      const error = await errorOf(driver.create('b', { parent: 'a' }), 'NO_SPACE');
      expect(error.message).to.include(`the file system under ${join(files, 'data')}`);
      expect(driver.exists('b')).to.equal(false);
      await driver.close();
    } finally {
      execFileSync('umount', ['-l', files]);
    }
  });

  it('nobody reads in a new block device what was in an old one (defect 25)', async () => {
    for (const isUp of [false, true]) {
      await using world = await fakeWorld('docker');
      // Docker's pools do not zero; a graph driver may have left one up.
      const size = 'dm.loopdatasize=64M';
      if (isUp) await (await world.open([size])).release();
      const records = createMemoryRecords(createMemoryStore());
      const settings = { root: world.root, options: parseStorageOptions([...SMALL, size, 'dm.blkdiscard=false']) };
      const pool = await openRootPool({ ...world.ports, records }, settings);
      const [old, fresh] = [volumeId('old'), volumeId('fresh')];
      await pool.create(old, bytes(8 * MIB));
      const open = async (id: typeof old): Promise<BlockDevice> =>
        world.host.blockDevices.open(devicePath(await pool.activate(id)));

      const before = await open(old);
      await before.write(0n, Buffer.alloc(8 * MIB, 'secret'));
      await before.close();
      await pool.deactivate(old);
      await pool.delete(old);
      await pool.create(fresh, bytes(60 * MIB));
      const device = await open(fresh);
      // One sector in each block, of nearly all that the pool has; the rest of the block is new.
      for (let block = 0n; block < 960n; block += 1n) await device.write(block * 65_536n, Buffer.alloc(512, 'n'));
      for (let at = 0n; at < 60n; at += 1n)
        expect(Buffer.from(await device.read(at * BigInt(MIB), MIB)).includes('secret')).to.equal(false);
      await device.close();
      await pool.close();
    }
  });

  it('a pool that could not grow goes on as it was (defect 28)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await driver.create('a');
    const { poolName } = await driver.status();
    const root = await driver.mount('a');
    world.kernel.faults.fail({ kind: 'resume', device: poolName }, 'ENOMEM');
    await driver.resizePool({ data: bytes(320 * MIB) }).then(
      () => expect.fail('it succeeded'),
      (error: Error) => expect(error.message).to.include('grow the pool'),
    );
    expect(await world.kernel.info(poolName)).to.include({ isSuspended: false, hasInactiveTable: false });
    expect((await driver.status()).data.total).to.equal(bytes(256 * MIB));
    await writeFile(join(root, 'file'), 'goes on');
    await driver.unmount('a');
    expect(await read(driver, 'a', 'file')).to.equal('goes on');
    await driver.resizePool({ data: bytes(320 * MIB) });
    expect((await driver.status()).data.total).to.equal(bytes(320 * MIB));
    await driver.close();
  });

  it('a layer that was never mounted has a usage, and is not left active for it (defect 28)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await driver.create('a');
    expect(Number((await driver.usage('a')).mapped)).to.be.above(0);
    expect(await world.kernel.list()).to.have.length(1);
    await inside(driver, 'a', () => driver.usage('a'));
    await driver.close();
  });
});

async function reloadWith({ kernel }: FakeWorld, feature: string): Promise<void> {
  const [pool] = await kernel.list();
  if (pool === undefined) throw new Error('no pool');
  const [target] = await kernel.table(pool.name);
  if (target === undefined) throw new Error('no table');
  expect(parseThinPoolTarget(target.params).features).to.deep.equal(['skip_block_zeroing']);
  const params = target.params.replace('1 skip_block_zeroing', `2 skip_block_zeroing ${feature}`);
  await kernel.sequence([
    { command: 'load', device: pool.name, table: [{ ...target, params }] },
    { command: 'resume', device: pool.name },
  ]);
}
