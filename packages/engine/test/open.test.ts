import { codeOf, Steps } from '@dmthin/conformance';
import { bytes, deviceName, thinId, transactionId } from '@dmthin/domain';
import type { PoolIdentity } from '@dmthin/ports';
import { expect } from 'chai';
import { id, MIB, POOL, World } from './fixture/world.ts';

const IDENTITY: PoolIdentity = {
  poolName: POOL,
  dataDevice: '/dev/sdb',
  metadataDevice: '/dev/sdc',
  blockSize: bytes(65536),
};

describe('opening a thin pool', () => {
  it('says what is wrong where there is no pool, and what to do', async () => {
    const world = World.tiny();
    expect(await codeOf(world.open({ pool: deviceName('nothing') }))).to.equal('NOT_FOUND');
    await world.kernel.create(deviceName('empty'));
    expect(await codeOf(world.open({ pool: deviceName('empty') }))).to.equal('INVALID_ARGUMENT');
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    const thin = await pool.activate(id('a'));
    const error = await world.open({ pool: thin }).catch((caught: Error) => caught);
    expect(error).to.include({ code: 'INVALID_ARGUMENT', subject: 'dm-a' });
    expect((error as Error).message).to.equal('cannot open "dm-a": it is a thin device, not a thin-pool');
    expect(error).to.have.property('remedy').that.includes('dmsetup ls --target thin-pool');
  });

  it('refuses a pool that the records do not belong to, before it touches anything', async () => {
    const world = World.tiny();
    await (await world.open({ identity: IDENTITY })).close();
    expect(world.records.identity).to.deep.equal(IDENTITY);
    await (await world.open({ identity: IDENTITY })).close();
    world.records.intent = { transactionId: transactionId(1), volume: id('x'), thinId: thinId(9) };
    world.kernel.thins.add(9);
    const steps = new Steps();
    const other = { ...IDENTITY, dataDevice: '/dev/sdd' };
    const error = await world.open({ identity: other }, steps).catch((caught: Error) => caught);
    expect(error).to.include({ code: 'CONFLICT' });
    expect((error as Error).message).to.include('the data device was /dev/sdb, and is /dev/sdd');
    expect(await codeOf(world.open({ identity: { ...IDENTITY, blockSize: bytes(131072) } }))).to.equal('CONFLICT');
    expect([...world.kernel.thins]).to.deep.equal([9]);
  });

  it('tells the state of a pool that takes no changes, and lets its volumes be looked at', async () => {
    const world = World.tiny();
    await (await world.open()).create(id('a'), MIB);
    world.kernel.mode = 'ro';
    const readOnly = await world.open();
    expect(readOnly.recovery.findings.join()).to.include('pool pool is read-only');
    expect(readOnly.get(id('a')).size).to.equal(MIB);
    expect(await codeOf(readOnly.create(id('b'), MIB))).to.equal('READ_ONLY');
    expect(await codeOf(readOnly.delete(id('a')))).to.equal('READ_ONLY');
    world.kernel.mode = 'rw';
    expect(await readOnly.create(id('b'), MIB)).to.include({ thinId: 2 });
    world.kernel.mode = 'Fail';
    const failed = await world.open();
    expect(failed.recovery.findings.join()).to.include('Fail mode');
    expect(await failed.status()).to.deep.equal({ kind: 'fail' });
    expect(await codeOf(failed.create(id('c'), MIB))).to.equal('READ_ONLY');
    world.kernel.mode = 'rw';
    expect(await failed.create(id('c'), MIB)).to.include({ thinId: 3 });
  });

  it('puts recovery off while the pool takes no changes, and does it before the first one', async () => {
    for (const mode of ['ro', 'Fail']) {
      const world = World.tiny();
      world.records.intent = { transactionId: transactionId(1), volume: id('x'), thinId: thinId(1) };
      world.kernel.thins.add(1);
      world.kernel.mode = mode;
      const pool = await world.open();
      expect(pool.recovery.intent).to.equal('put-off');
      expect(await codeOf(pool.create(id('a'), MIB))).to.equal('READ_ONLY');
      expect([...world.kernel.thins]).to.deep.equal([1]);
      world.kernel.mode = 'rw';
      await pool.create(id('a'), MIB);
      expect(await world.faults()).to.deep.equal([]);
    }
  });

  it('reports records that cannot be right, and goes on with the rest', async () => {
    const world = World.tiny();
    const pool = await world.open();
    for (const name of ['a', 'b', 'c']) await pool.create(id(name), MIB);
    const { records } = world;
    const broken = (name: string) => ({ name, setAsideAs: `${name}.broken`, reason: 'not JSON' });
    records.broken = [broken('d'), broken('transaction-metadata')];
    const b = records.volumes.get(id('b'));
    if (b !== undefined) records.volumes.set(id('b'), { ...b, thinId: thinId(1), transactionId: transactionId(9) });
    records.intent = undefined;
    const again = await world.open();
    expect(again.recovery.intent).to.equal('reported');
    const findings = again.recovery.findings.join('\n');
    expect(findings).to.include('the record "d" cannot be read (not JSON); it is kept as d.broken');
    expect(findings).to.include('volume "a" and volume "b" have one thin id, 1');
    expect(findings).to.include('1 volumes were recorded by changes that this pool never saw');
    expect(findings).to.include('the record of the last change cannot be read');
    expect(await codeOf(again.delete(id('a')))).to.equal('CONFLICT');
    expect(await codeOf(again.delete(id('b')))).to.equal('CONFLICT');
    expect(world.kernel.thins.has(1)).to.equal(true);
    expect(await again.delete(id('c'))).to.equal('deleted');
  });

  it('does not change the pool for an intent that it does not understand', async () => {
    for (const ahead of [0n, 3n]) {
      const world = World.tiny();
      world.kernel.transaction = 1n;
      world.kernel.thins.add(1);
      world.records.intent = { transactionId: transactionId(ahead), volume: id('x'), thinId: thinId(1) };
      const pool = await world.open();
      expect(pool.recovery.intent).to.equal('reported');
      expect([...world.kernel.thins]).to.deep.equal([1]);
      expect(await pool.create(id('a'), MIB)).to.include({ thinId: 2, transactionId: 2n });
    }
  });

  it('knows the thin ids of its volumes, though the last one given out was not saved', async () => {
    const world = World.tiny();
    const pool = await world.open();
    for (const name of ['a', 'b', 'c']) await pool.create(id(name), MIB);
    const steps = new Steps();
    const again = await world.open({}, steps);
    expect(await again.create(id('d'), MIB)).to.include({ thinId: 4 });
    expect(steps.log.filter((step) => step.startsWith('message pool create_snap'))).to.deep.equal([
      'message pool create_snap 4 4',
    ]);
  });

  it('forgets a volume whose deletion it finishes (defect 2)', async () => {
    const world = World.tiny();
    const pool = await world.open();
    const { thinId: thin, id: volume } = await pool.create(id('a'), MIB);
    world.records.intent = { transactionId: transactionId(2), volume, thinId: thin };
    const again = await world.open();
    expect(again.recovery).to.deep.equal({
      intent: 'finished',
      findings: ['volume "a" was being deleted when the last process ended; the rest of it was deleted'],
    });
    expect(again.find(volume)).to.equal(undefined);
    expect(await again.create(volume, MIB)).to.include({ id: 'a' });
  });

  it('leaves a half-made volume that is in use to the worker', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('a'), MIB);
    const device = await pool.activate(id('a'));
    await world.kernel.hold(device);
    world.records.volumes.clear();
    world.kernel.transaction = 0n;
    const steps = new Steps();
    const again = await world.open({ devicePrefix: 'other' }, steps);
    expect(again.recovery.findings.join()).to.include('it is in use, and deleted once it is not');
    expect(again.get(id('a'))).to.include({ isDeleted: true, thinId: 1 });
    const before = steps.log.length;
    expect(await again.create(id('b'), MIB), 'its thin id is not tried').to.include({ thinId: 2 });
    expect(steps.log.slice(before)).not.to.include('message pool create_snap 1 1');
    world.kernel.release(device);
    await world.kernel.remove(device);
    expect(await again.deleteMarked()).to.equal(1);
    expect(await world.faults()).to.deep.equal([]);
  });
});
