import { codeOf } from '@dmthin/conformance';
import { bytes, deviceName } from '@dmthin/domain';
import { expect } from 'chai';
import { id, MIB, POOL, World } from './fixture/world.ts';

describe('a volume of a thin pool', () => {
  it('is made, snapshotted, activated, taken away and deleted', async () => {
    const world = World.tiny();
    const pool = await world.open();
    const base = await pool.create(id('a'), MIB);
    expect(base).to.include({ id: 'a', thinId: 1, size: MIB, transactionId: 1n, deviceName: 'dm-a', isDeleted: false });
    expect(await pool.snapshot(id('b'), id('a'))).to.include({ thinId: 2, size: MIB, transactionId: 2n });
    expect(await pool.activate(id('b'))).to.equal('dm-b');
    expect(world.kernel.devices.get(deviceName('dm-b'))?.live).to.deep.equal([
      { start: 0n, length: 2048n, type: 'thin', params: '253:0 2' },
    ]);
    expect(await pool.usage(id('b'))).to.deep.equal({ mapped: 65536n, highest: 65536n });
    await pool.deactivate(id('b'));
    expect(await pool.usage(id('b'))).to.equal(undefined);
    expect(await pool.delete(id('b'))).to.equal('deleted');
    expect(pool.find(id('b'))).to.equal(undefined);
    expect([...world.kernel.thins]).to.deep.equal([1]);
    expect([...world.records.volumes.keys()]).to.deep.equal(['a']);
    await pool.close();
    expect(world.records.pool?.lastThinId).to.equal(2);
    expect(await codeOf(pool.create(id('c'), MIB))).to.equal('CLOSED');
  });

  it('is what it was after the pool is opened again', async () => {
    const world = World.tiny();
    const first = await world.open();
    const made = await first.create(id('a'), MIB);
    await first.markInitialized(id('a'));
    await first.close();
    const second = await world.open();
    expect(second.get(id('a'))).to.deep.equal({ ...made, isInitialized: true });
    expect(second.recovery).to.deep.equal({ intent: 'complete', findings: [] });
    expect((await second.create(id('b'), MIB)).thinId).to.equal(2);
  });

  it('is refused with nothing changed where the request makes no sense', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), bytes(2n * MIB));
    expect(await codeOf(pool.create(id('a'), MIB))).to.equal('ALREADY_EXISTS');
    const error = await pool.create(id('b'), bytes(511)).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'INVALID_ARGUMENT' });
    expect((error as Error).message).to.equal('cannot create volume "b": 511 bytes are less than one sector');
    expect(await codeOf(pool.create(id('b'), bytes(1n << 63n)))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(pool.snapshot(id('b'), id('nobody')))).to.equal('NOT_FOUND');
    expect(await codeOf(pool.snapshot(id('b'), id('a'), MIB))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(pool.snapshot(id('a'), id('a')))).to.equal('ALREADY_EXISTS');
    expect(await codeOf(pool.grow(id('a'), MIB))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(pool.activate(id('nobody')))).to.equal('NOT_FOUND');
    expect(await codeOf(pool.delete(id('nobody')))).to.equal('NOT_FOUND');
    expect([...world.kernel.thins]).to.deep.equal([1]);
    expect([...world.kernel.devices.keys()]).to.deep.equal([POOL]);
    expect(world.kernel.transaction).to.equal(1n);
  });

  it('grows, its live device too', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    await pool.activate(id('a'));
    expect(await pool.grow(id('a'), bytes(2n * MIB))).to.include({ size: 2n * MIB });
    expect(world.kernel.lengthOf(deviceName('dm-a'))).to.equal(4096n);
    expect(world.records.volumes.get(id('a'))?.size).to.equal(2n * MIB);
  });
});
