import { codeOf, Steps } from '@dmthin/conformance';
import { bytes, type DeviceName, deviceName, sectors, thinTable } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import { expect } from 'chai';
import { id, MIB, settled, World } from './fixture/world.ts';

const A = id('a');
const DEVICE = deviceName('dm-a');

async function withVolume(steps = new Steps()): Promise<{ readonly world: World; readonly pool: ThinPool }> {
  const world = World.tiny();
  const pool = await world.open({}, steps);
  await pool.create(A, MIB);
  return { world, pool };
}

/** Somebody has made the volume's device, with this table. */
async function makeDevice(
  world: World,
  thin: number,
  length: bigint,
  name: DeviceName = DEVICE,
  origin?: string,
): Promise<void> {
  await world.kernel.create(name);
  await world.kernel.load(name, thinTable({ pool: '253:0', thinId: thin as never, size: sectors(length), origin }));
  await world.kernel.resume(name);
}

describe('activating a volume', () => {
  it('asks the kernel for nothing but the three steps of a new device', async () => {
    const steps = new Steps();
    const { pool } = await withVolume(steps);
    const before = steps.log.length;
    await pool.activate(A);
    expect(steps.log.slice(before)).to.deep.equal(['create dm-a', 'load dm-a', 'resume dm-a']);
  });

  it('takes over a device that is right, and leaves its openers in peace', async () => {
    const { world, pool } = await withVolume();
    await makeDevice(world, 1, 2048n);
    await world.kernel.hold(DEVICE);
    expect(await pool.activate(A)).to.equal(DEVICE);
    expect((await world.kernel.info(DEVICE)).openCount).to.equal(1);
  });

  it('gives a device of another size the right one, held or not', async () => {
    const { world, pool } = await withVolume();
    await makeDevice(world, 1, 1024n);
    await world.kernel.hold(DEVICE);
    await pool.activate(A);
    expect(world.kernel.lengthOf(DEVICE)).to.equal(2048n);
  });

  it('keeps the device as it was where it cannot grow', async () => {
    const steps = new Steps();
    const { world, pool } = await withVolume(steps);
    await pool.activate(A);
    steps.on(/^resume dm-a/u, { errno: 'EINVAL' });
    expect(await codeOf(pool.grow(A, bytes(2n * MIB)))).to.equal('INVALID_ARGUMENT');
    expect(pool.get(A).size).to.equal(MIB);
    expect(await world.kernel.info(DEVICE)).to.include({ hasInactiveTable: false, isSuspended: false });
    expect(world.kernel.lengthOf(DEVICE)).to.equal(2048n);
  });

  it('replaces the table of another volume, unless somebody has it open', async () => {
    const { world, pool } = await withVolume();
    await pool.create(id('b'), bytes(2n * MIB));
    await makeDevice(world, 2, 2048n);
    await world.kernel.hold(DEVICE);
    const error = await pool.activate(A).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'CONFLICT', subject: 'dm-a' });
    expect(error).to.have.property('remedy').that.includes('dmsetup table dm-a');
    expect((await world.kernel.table(DEVICE))[0]?.params).to.equal('253:0 2');
    world.kernel.release(DEVICE);
    await pool.activate(A);
    expect((await world.kernel.table(DEVICE))[0]?.params).to.equal('253:0 1');
  });

  it('replaces a table that reads from an external origin', async () => {
    const { world, pool } = await withVolume();
    await makeDevice(world, 1, 2048n, DEVICE, '7:9');
    await pool.activate(A);
    expect((await world.kernel.table(DEVICE))[0]?.params).to.equal('253:0 1');
  });

  it('wakes a device that is suspended, and makes one without a table whole', async () => {
    const { world, pool } = await withVolume();
    await world.kernel.create(DEVICE);
    await pool.activate(A);
    await world.kernel.suspend(DEVICE);
    await pool.activate(A);
    expect(await world.kernel.info(DEVICE)).to.include({ hasLiveTable: true, isSuspended: false });
  });

  it('takes back a deferred removal, and waits for one that is under way', async () => {
    const steps = new Steps();
    const { world, pool } = await withVolume(steps);
    await world.kernel.hold(await pool.activate(A));
    await pool.deactivate(A);
    expect((await world.kernel.info(DEVICE)).isDeferredRemove).to.equal(true);
    steps.on(/@cancel_deferred_remove/u, { errno: 'EBUSY' });
    const active = pool.activate(A);
    await settled();
    world.clock.advance(100);
    expect(await active).to.equal(DEVICE);
    expect((await world.kernel.info(DEVICE)).isDeferredRemove).to.equal(false);
  });

  it('removes what it made where a step fails, and tells both errors where that fails too', async () => {
    const steps = new Steps();
    const { world, pool } = await withVolume(steps);
    steps.on(/^resume dm-a/u, { errno: 'EIO' });
    expect(await codeOf(pool.activate(A))).to.equal('IO');
    expect(world.kernel.devices.has(DEVICE)).to.equal(false);
    steps.on(/^resume dm-a/u, { errno: 'EIO' });
    steps.on(/^remove dm-a/u, { errno: 'EBUSY' });
    const error = await pool.activate(A).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'IO' }).and.to.have.nested.property('undoError.code', 'BUSY');
    expect((error as Error).message).to.equal(
      'cannot activate volume "a": resume dm-a: ordered to fail; undoing it failed too: remove dm-a: ordered to fail',
    );
    expect(await pool.activate(A), 'the next try').to.equal(DEVICE);
  });
});
