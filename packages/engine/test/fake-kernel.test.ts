import { codeOf, Steps } from '@dmthin/conformance';
import { bytes, type DmError, sectors } from '@dmthin/domain';
import type { PoolEvent } from '@dmthin/engine';
import { expect } from 'chai';
import { id, MIB, POOL, settled, World } from './fixture/world.ts';

const A = id('a');
const B = id('b');
const KIB64 = 65_536n;

describe('a pool of the fake kernel', () => {
  it('keeps what was in a volume when it was snapshotted, active or not', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const a = await pool.activate(A);
    await world.kernel.write(a, 'one');
    await pool.snapshot(B, A, bytes(2n * MIB));
    await world.kernel.write(a, 'two');
    const b = await pool.activate(B);
    expect(await world.kernel.read(b)).to.equal('one');
    expect(await world.kernel.read(a)).to.equal('two');
    expect(await pool.usage(A)).to.deep.equal({ mapped: KIB64, highest: KIB64 });
    await pool.snapshot(id('c'), B);
    expect(await world.kernel.read(await pool.activate(id('c')))).to.equal('one');
    await pool.create(id('empty'), MIB);
    await pool.activate(id('empty'));
    expect(await world.faults()).to.deep.equal([]);
  });

  it('tells the usage of a volume that was never written (defect 28)', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await pool.activate(A);
    expect(await pool.usage(A)).to.deep.equal({ mapped: 0n, highest: 0n });
  });

  it('names its pool by number, so that no node or link has to be there (defect 15)', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const [target] = await world.kernel.control().table(await pool.activate(A));
    const { number } = await world.kernel.control().info(POOL);
    expect(target?.params).to.equal(`${number.major}:${number.minor} 1`);
    const messages = new Steps();
    const told = await world.open({}, messages);
    await told.create(B, MIB);
    expect(messages.log.join()).to.include('message pool').and.not.include('/dev/');
  });

  it('grows a volume that is open, with its content', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const device = await pool.activate(A);
    await world.kernel.write(device, 'before');
    await world.kernel.hold(device);
    await pool.grow(A, bytes(8n * MIB));
    expect((await world.kernel.control().table(device))[0]?.length).to.equal(sectors(8n * 2048n));
    expect(await world.kernel.read(device)).to.equal('before');
  });

  it('tells of a pool that runs full, and refuses new volumes until there is room', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, bytes(128n * MIB));
    const device = await pool.activate(A);
    const cancel = new AbortController();
    const seen: PoolEvent[] = [];
    const events = pool.events(cancel.signal);
    const reading = (async () => {
      for await (const event of events) seen.push(event);
    })();
    await settled();
    await world.kernel.fill(device);
    await settled();
    expect(seen[0]).to.deep.equal({ kind: 'mode', from: 'rw', to: 'out_of_data_space' });
    expect(seen.map(({ kind }) => kind)).to.include('low-data');
    const error = await pool.snapshot(B, A).catch((caught: unknown) => caught);
    expect(error).to.include({ code: 'NO_SPACE' });
    expect((error as DmError).message).to.include('0 of 1,024 data blocks free');
    await pool.deactivate(A);
    expect(await pool.delete(A)).to.equal('deleted');
    expect(await codeOf(pool.create(B, MIB))).to.equal('done');
    await settled();
    expect(seen.at(-1)).to.deep.equal({ kind: 'mode', from: 'out_of_data_space', to: 'rw' });
    cancel.abort();
    await reading;
  });

  it('takes back what it has no metadata for, and deletes volumes where nothing else can be done', async () => {
    const world = await World.fake();
    const pool = await world.open({ minFreeSpacePercent: 0 });
    const mode = async (): Promise<string> => {
      const status = await pool.status();
      return status.kind === 'ok' ? `${status.mode} ${status.needsCheck}` : status.kind;
    };
    const made: ReturnType<typeof id>[] = [];
    let outcome = 'done';
    while (outcome === 'done') {
      const name = id(`v${made.length}`);
      outcome = await codeOf(pool.create(name, MIB));
      if (outcome === 'done') made.push(name);
    }
    expect([outcome, await mode()]).to.deep.equal(['READ_ONLY', 'rw false']);
    expect(made.length).to.be.within(100, 1000);
    const anothers = 'create_thin 5000';
    expect(await codeOf(world.kernel.control().message(POOL, sectors(0), anothers))).to.equal('done');
    expect(await mode()).to.equal('ro false');
    expect(await codeOf(pool.create(A, MIB))).to.equal('READ_ONLY');
    for (const name of made) expect(await pool.delete(name)).to.equal('deleted');
    expect(await mode()).to.equal('rw false');
    expect(await codeOf(pool.create(A, MIB))).to.equal('done');
  });

  it('serves sixty-four lives at once', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await world.kernel.write(await pool.activate(A), 'base');
    const names = Array.from({ length: 64 }, (_, index) => id(`v${index}`));
    await Promise.all(
      names.map(async (name) => {
        await pool.snapshot(name, A);
        expect(await world.kernel.read(await pool.activate(name))).to.equal('base');
        await pool.deactivate(name);
        expect(await pool.delete(name)).to.equal('deleted');
      }),
    );
    expect((await world.kernel.control().list()).map(({ name }) => name as string)).to.deep.equal(['dm-a', POOL]);
    expect([...world.records.volumes.keys()]).to.deep.equal(['a']);
    expect(await pool.status()).to.include({ transactionId: 129n });
  });
});
