import { codeOf, Steps } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { id, MIB, settled, World } from './fixture/world.ts';

const EAGER = { deferredRemoval: false, deferredDeletion: false };

describe('deleting a volume', () => {
  it('marks one that is in use, keeps it from use, and deletes it once nobody holds it', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    const device = await pool.activate(id('a'));
    await world.kernel.hold(device);
    expect(await pool.delete(id('a'))).to.equal('deferred');
    expect(world.records.volumes.get(id('a'))?.isDeleted).to.equal(true);
    expect(await codeOf(pool.activate(id('a')))).to.equal('CONFLICT');
    expect(await codeOf(pool.snapshot(id('b'), id('a')))).to.equal('CONFLICT');
    expect(await codeOf(pool.create(id('a'), MIB))).to.equal('ALREADY_EXISTS');
    expect(await pool.delete(id('a'))).to.equal('deferred');
    expect(await pool.deleteMarked()).to.equal(0);
    world.kernel.release(device);
    expect(await pool.deleteMarked()).to.equal(1);
    expect(pool.find(id('a'))).to.equal(undefined);
    expect(await world.faults()).to.deep.equal([]);
  });

  it('fails at once where that was asked for, says who may hold it, and changes nothing', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    const device = await pool.activate(id('a'));
    await world.kernel.hold(device);
    const error = await pool.delete(id('a'), { sync: true }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'BUSY', errno: 'EBUSY' });
    expect(error).to.have.property('remedy').that.includes('dmsetup info dm-a');
    expect(pool.get(id('a')).isDeleted).to.equal(false);
    expect((await world.kernel.info(device)).isDeferredRemove).to.equal(false);
  });

  it('waits for an open device where nothing is deferred, without a lock', async () => {
    const world = World.tiny();
    const pool = await world.open(EAGER);
    await pool.create(id('a'), MIB);
    const device = await pool.activate(id('a'));
    await world.kernel.hold(device);
    const deleted = pool.delete(id('a'));
    await settled();
    expect(await pool.activate(id('a')), 'meanwhile').to.equal(device);
    world.kernel.release(device);
    world.clock.advance(100);
    expect(await deleted).to.equal('deleted');
  });

  it('gives up after 20 s, or when it is cancelled', async () => {
    const world = World.tiny();
    const pool = await world.open(EAGER);
    await pool.create(id('a'), MIB);
    await world.kernel.hold(await pool.activate(id('a')));
    const code = codeOf(pool.delete(id('a')));
    for (let tries = 0; tries < 199; tries += 1) {
      await settled();
      world.clock.advance(100);
    }
    expect(await code).to.equal('BUSY');
    const cancel = new AbortController();
    const cancelled = codeOf(pool.deactivate(id('a'), cancel.signal));
    await settled();
    cancel.abort();
    expect(await cancelled).to.equal('ABORTED');
    const closed = codeOf(pool.deactivate(id('a')));
    await settled();
    await pool.close();
    expect(await closed).to.equal('CLOSED');
  });

  it('removes the record of a thin device that the pool does not have', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    world.kernel.thins.clear();
    expect(await codeOf(pool.activate(id('a')))).to.equal('NO_DATA');
    expect([...world.kernel.devices.keys()], 'no half-made device').to.deep.equal(['pool']);
    expect(await pool.delete(id('a'))).to.equal('deleted');
    expect(world.records.volumes.size).to.equal(0);
  });

  it('removes a record that stayed before anything else is made', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(id('a'), MIB);
    steps.on(/^removeVolume/u, { errno: 'EIO' });
    expect(await codeOf(pool.delete(id('a')))).to.equal('IO');
    expect(await codeOf(pool.activate(id('a')))).to.equal('CONFLICT');
    await pool.create(id('b'), MIB);
    expect([...world.records.volumes.keys()]).to.deep.equal(['b']);
    expect([...pool.volumes()].map(({ id: name }) => name)).to.deep.equal(['b']);
  });

  it('keeps one from use that may be marked on disk, since the next opening may delete it', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(id('a'), MIB);
    await world.kernel.hold(await pool.activate(id('a')));
    steps.on(/^saveVolume/u, { errno: 'EIO', isDone: true });
    expect(await codeOf(pool.delete(id('a')))).to.equal('IO');
    expect(await codeOf(pool.activate(id('a')))).to.equal('CONFLICT');
  });

  it('gives the blocks back with the device live, unheld, and marked on disk (defect 5)', async () => {
    const world = World.tiny();
    const seen: unknown[] = [];
    const beforeDelete = async (): Promise<void> => {
      const [, device] = [...world.kernel.devices];
      seen.push([device?.[0], device?.[1].opens, world.records.volumes.get(id('a'))?.isDeleted]);
      throw new Error('no discard here');
    };
    const pool = await world.open({ beforeDelete });
    await pool.create(id('a'), MIB);
    expect(await pool.delete(id('a'))).to.equal('deleted');
    expect(seen).to.deep.equal([['dm-a', 0, true]]);
    expect(world.log.map(({ message }) => message).join()).to.include('could not be given back');
  });

  it('that is called off while blocks are given back leaves the rest to the next, and warns of nothing', async () => {
    const world = World.tiny();
    const abort = new AbortController();
    let rounds = 0;
    const beforeDelete = async (): Promise<void> => {
      rounds += 1;
      if (rounds > 1) return;
      abort.abort();
      throw new DmError('ABORTED', 'discard was aborted');
    };
    const pool = await world.open({ beforeDelete });
    await pool.create(id('a'), MIB);
    expect(await codeOf(pool.delete(id('a'), {}, abort.signal))).to.equal('ABORTED');
    expect(world.records.volumes.get(id('a'))?.isDeleted).to.equal(true);
    expect(world.log).to.deep.equal([]);
    expect(await pool.deleteMarked()).to.equal(1);
    expect([rounds, [...world.kernel.devices.keys()].filter((name) => name !== 'pool')]).to.deep.equal([2, []]);
    expect(await world.faults()).to.deep.equal([]);
  });

  it('does not discard what somebody holds open', async () => {
    const world = World.tiny();
    let discards = 0;
    const beforeDelete = async (): Promise<void> => {
      discards += 1;
    };
    const pool = await world.open({ beforeDelete });
    await pool.create(id('a'), MIB);
    await world.kernel.hold(await pool.activate(id('a')));
    expect(await pool.delete(id('a'))).to.equal('deferred');
    expect(discards).to.equal(0);
  });
});

describe('the deletion worker', () => {
  async function withMarked(names: readonly string[]): Promise<World> {
    const world = World.tiny();
    const pool = await world.open();
    for (const name of names) {
      await pool.create(id(name), MIB);
      await world.kernel.hold(await pool.activate(id(name)));
      await pool.delete(id(name));
    }
    await pool.close();
    return world;
  }

  it('begins when the pool is opened, and looks again every 30 s', async () => {
    const world = await withMarked(['a', 'b']);
    world.kernel.release((await world.kernel.list())[1]?.name as never);
    const pool = await world.open();
    await settled();
    expect([...pool.volumes()].map(({ id: name }) => name)).to.deep.equal(['b']);
    world.kernel.release((await world.kernel.list())[1]?.name as never);
    world.clock.advance(29_999);
    await settled();
    expect([...pool.volumes()]).to.have.length(1);
    world.clock.advance(1);
    await settled();
    expect([...pool.volumes()]).to.have.length(0);
    expect(await world.faults()).to.deep.equal([]);
  });

  it('lets one that fails wait longer each time, and deletes the others', async () => {
    const world = await withMarked(['a', 'b']);
    for (const { name } of await world.kernel.list()) if (name !== 'pool') world.kernel.release(name);
    const steps = new Steps();
    steps.on(/message pool delete 1/u, { errno: 'EIO' }, 100);
    const pool = await world.open({}, steps);
    const tries = (): number => steps.log.filter((step) => step === 'message pool delete 1').length;
    await settled();
    expect([...pool.volumes()].map(({ id: name }) => name)).to.deep.equal(['a']);
    expect(tries()).to.equal(1);
    const seen: number[] = [];
    for (let half = 0; half < 14; half += 1) {
      world.clock.advance(30_000);
      await settled();
      seen.push(tries());
    }
    expect(seen).to.deep.equal([1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4]);
    expect(await pool.deleteMarked(), 'asked for, it tries at once').to.equal(0);
    expect(tries()).to.equal(5);
  });

  it('costs a volume that stays in use one question', async () => {
    const world = await withMarked(['a']);
    const steps = new Steps();
    await world.open({}, steps);
    await settled();
    const before = steps.log.length;
    world.clock.advance(30_000);
    await settled();
    expect(steps.log.slice(before)).to.deep.equal(['info dm-a']);
  });

  it('ends with the pool', async () => {
    const world = await withMarked(['a']);
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await settled();
    await pool.close();
    await pool.close();
    const before = steps.log.length;
    world.clock.advance(300_000);
    await settled();
    expect(steps.log.length).to.equal(before);
  });
});
