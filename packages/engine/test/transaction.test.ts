import { codeOf, Steps } from '@dmthin/conformance';
import { expect } from 'chai';
import { id, MIB, settled, World } from './fixture/world.ts';

const A = id('a');
const B = id('b');

/** The steps of a change, without what they were done to. */
async function stepsOf(steps: Steps, change: () => Promise<unknown>): Promise<readonly string[]> {
  const before = steps.log.length;
  await change();
  return steps.log.slice(before);
}

describe('a transaction', () => {
  it('is intent, message, record, transaction id, and asks the pool for little besides', async () => {
    const steps = new Steps();
    const pool = await World.tiny().open({}, steps);
    await pool.create(A, MIB);
    const create = await stepsOf(steps, () => pool.create(B, MIB));
    expect(create).to.deep.equal([
      'status pool',
      'saveIntent',
      'message pool create_thin 2',
      'saveVolume',
      'message pool set_transaction_id 1 2',
    ]);
    const snapshot = await stepsOf(steps, () => pool.snapshot(id('c'), A));
    expect(snapshot).to.deep.equal([
      'status pool',
      'info dm-a',
      'saveIntent',
      'message pool create_snap 3 1',
      'saveVolume',
      'message pool set_transaction_id 2 3',
    ]);
    const remove = await stepsOf(steps, () => pool.delete(id('c')));
    expect(remove).to.deep.equal([
      'saveIntent',
      'message pool delete 3',
      'removeVolume c',
      'message pool set_transaction_id 3 4',
    ]);
  });

  it('takes a snapshot of an active volume while it is quiet, and resumes it in the same hop', async () => {
    const steps = new Steps();
    const pool = await World.tiny().open({}, steps);
    await pool.create(A, MIB);
    await pool.activate(A);
    expect(await stepsOf(steps, () => pool.snapshot(B, A))).to.deep.equal([
      'status pool',
      'info dm-a',
      'suspend dm-a',
      'saveIntent',
      'message pool create_snap 2 1',
      'resume dm-a',
      'saveVolume',
      'message pool set_transaction_id 1 2',
    ]);
  });

  it('takes another thin id where one is taken, under an intent of its own (defect 3)', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(A, MIB);
    for (const thin of [2, 3]) {
      world.kernel.thins.add(thin);
      world.foreign.add(thin);
    }
    let made: unknown;
    const taken = await stepsOf(steps, async () => {
      made = await pool.create(B, MIB);
    });
    expect(made).to.include({ thinId: 4, transactionId: 3n });
    expect(taken).to.deep.equal([
      'status pool',
      'saveIntent',
      'message pool create_thin 2',
      'message pool set_transaction_id 1 2',
      'message pool create_snap 3 3',
      'message pool create_snap 4 4',
      'saveIntent',
      'message pool create_thin 4',
      'saveVolume',
      'message pool set_transaction_id 2 3',
    ]);
    expect(await world.faults()).to.deep.equal([]);
  });

  it('gives up before its message where the second intent cannot be saved (defect 3)', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(A, MIB);
    world.kernel.thins.add(2);
    world.foreign.add(2);
    steps.at(6, { errno: 'ENOSPC' });
    expect(await codeOf(pool.create(B, MIB))).to.equal('NO_SPACE');
    expect(steps.log.slice(-6)).to.deep.equal([
      'status pool',
      'saveIntent',
      'message pool create_thin 2',
      'message pool set_transaction_id 1 2',
      'message pool create_snap 3 3',
      'saveIntent',
    ]);
    expect(await world.faults()).to.deep.equal([]);
    await world.open();
    expect(await world.faults(), 'after recovery').to.deep.equal([]);
  });

  it('does not give a thin id away that the pool still has (defect 4)', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    steps.on(/^saveVolume/u, { errno: 'EIO' });
    steps.on(/pool delete/u, { errno: 'EIO' }, 2);
    const error = await pool.create(A, MIB).catch((caught: unknown) => caught);
    expect(error).to.have.nested.property('undoError.errno', 'EIO');
    expect((error as Error).message).to.include('undoing it failed too');
    expect([...world.kernel.thins]).to.deep.equal([1]);
    const blocked = await pool.create(B, MIB).catch((caught: unknown) => caught);
    expect((blocked as Error).message).to.equal(
      'cannot create volume "b": nothing can be changed before an interrupted change is undone (volume "a", thin id 1): ' +
        'message pool delete 1: ordered to fail',
    );
    expect(await pool.create(B, MIB)).to.include({ thinId: 2 });
    expect(await world.faults()).to.deep.equal([]);
    expect(world.kernel.thins.size).to.equal(1);
  });

  it('is undone once, and not again when its thin id may be another volume’s', async () => {
    const steps = new Steps();
    const pool = await World.tiny().open({}, steps);
    steps.on(/^saveVolume/u, { errno: 'EIO' });
    expect(await codeOf(pool.create(A, MIB))).to.equal('IO');
    await pool.create(A, MIB);
    await pool.create(B, MIB);
    expect(steps.log.filter((step) => step.startsWith('message pool delete'))).to.deep.equal(['message pool delete 1']);
  });

  it('cancels the deferred removal of an origin meanwhile, and orders it again', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(A, MIB);
    const device = await pool.activate(A);
    await world.kernel.hold(device);
    await pool.deactivate(A);
    expect(await stepsOf(steps, () => pool.snapshot(B, A))).to.deep.equal([
      'status pool',
      'info dm-a',
      'message dm-a @cancel_deferred_remove',
      'suspend dm-a',
      'saveIntent',
      'message pool create_snap 2 1',
      'resume dm-a',
      'saveVolume',
      'message pool set_transaction_id 1 2',
      'remove dm-a',
    ]);
    expect(await world.kernel.info(device)).to.include({ isDeferredRemove: true, isSuspended: false });
  });

  it('notices that somebody else moved the transaction id, undoes its change, and goes on from there', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(A, MIB);
    world.kernel.transaction = 77n;
    const error = await pool.create(B, MIB).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'CONFLICT' }).and.to.have.property('remedy').that.includes('LVM');
    expect(await world.faults()).to.deep.equal([]);
    expect(await pool.create(B, MIB)).to.include({ transactionId: 78n });
  });

  it('is not begun when its signal has fired, and is whole when it fires later', async () => {
    const world = World.tiny();
    const pool = await world.open();
    const fired = AbortSignal.abort('enough');
    expect(await codeOf(pool.create(A, MIB, fired))).to.equal('ABORTED');
    const cancel = new AbortController();
    const first = pool.create(A, MIB, cancel.signal);
    const second = codeOf(pool.create(B, MIB, cancel.signal));
    await Promise.resolve();
    cancel.abort();
    expect([await codeOf(first), await second]).to.deep.equal(['ABORTED', 'ABORTED']);
    expect([...world.kernel.thins]).to.deep.equal([]);
    expect(await codeOf(pool.create(A, MIB))).to.equal('done');
  });

  it('is refused where the pool is nearly full, with the figures', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(A, MIB);
    world.kernel.usage = { metadata: '10/512', data: '923/1024' };
    const error = await pool.snapshot(B, A).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'NO_SPACE' });
    expect((error as Error).message).to.include(
      'cannot snapshot volume "b" from volume "a": pool pool has 101 of 1,024',
    );
    expect(world.kernel.thins.size).to.equal(1);
  });
});

describe('many changes at once', () => {
  it('all succeed, each volume once, with no id twice', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(id('base0'), MIB);
    const names = Array.from({ length: 64 }, (_, index) => id(`v${index}`));
    await Promise.all(names.map((name) => pool.snapshot(name, id('base0'))));
    await Promise.all(names.map((name) => pool.activate(name)));
    expect(new Set([...pool.volumes()].map(({ thinId }) => thinId)).size).to.equal(65);
    await Promise.all(names.map((name) => pool.deactivate(name)));
    await Promise.all(names.map((name) => pool.delete(name)));
    expect(await world.faults()).to.deep.equal([]);
    expect([...pool.volumes()].map(({ id: name }) => name)).to.deep.equal(['base0']);
  });

  it('are waited for when the pool is closed, and none is begun after', async () => {
    const world = World.tiny();
    const pool = await world.open();
    const making = pool.create(A, MIB);
    const closing = pool.close();
    expect(await codeOf(pool.create(B, MIB))).to.equal('CLOSED');
    await closing;
    expect(world.records.volumes.has(A)).to.equal(true);
    expect(world.records.pool?.lastThinId).to.equal(1);
    await making;
  });

  it('of one name make it once', async () => {
    const pool = await World.tiny().open();
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(pool.create(A, MIB))));
    expect(codes.filter((code) => code === 'done')).to.have.length(1);
    expect(codes.filter((code) => code === 'ALREADY_EXISTS')).to.have.length(9);
  });

  it('that snapshot each other crosswise do not wait for each other', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(A, MIB);
    await pool.create(B, MIB);
    const codes = await Promise.all([
      codeOf(pool.snapshot(B, A)),
      codeOf(pool.snapshot(A, B)),
      codeOf(pool.delete(A)),
      codeOf(pool.snapshot(id('c'), B)),
    ]);
    expect(codes).to.deep.equal(['ALREADY_EXISTS', 'ALREADY_EXISTS', 'done', 'done']);
    expect(await world.faults()).to.deep.equal([]);
  });

  it('are not held up by a suspend that hangs, and reads by nothing', async () => {
    const world = World.tiny();
    const pool = await world.open();
    await pool.create(A, MIB);
    await pool.activate(A);
    let thaw = (): void => undefined;
    world.kernel.suspend = () =>
      new Promise((resolve) => {
        thaw = resolve;
      });
    const hanging = pool.snapshot(B, A);
    await settled();
    let isAway = false;
    const away = pool.deactivate(A).then(() => {
      isAway = true;
    });
    expect(await pool.create(id('c'), MIB)).to.include({ thinId: 2 });
    expect(pool.get(A).size).to.equal(MIB);
    expect(await pool.usage(A)).to.deep.equal({ mapped: 65536n, highest: 65536n });
    expect(await pool.status()).to.have.property('kind', 'ok');
    expect(isAway, 'the origin is held still').to.equal(false);
    thaw();
    expect(await hanging).to.include({ thinId: 3 });
    await away;
  });
});
