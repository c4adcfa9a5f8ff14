import { devicePath } from '@dmthin/domain';
import { expect } from 'chai';
import { BLOCK, BLOCK_SECTORS, line, linear, type Workbench } from './workbench.ts';

/** Thin devices: provisioning, sharing, snapshots, discard. */
export function thinCases(bench: () => Workbench): void {
  it('refuses thin tables that are wrong', async () => {
    const { kernel, name, pool, refuses } = bench();
    const made = await pool();
    await made.message('create_thin 1');
    const path = devicePath(made.name);
    await kernel.create(name('a'));
    const load = (params: string) => kernel.load(name('a'), [line(0, 128, 'thin', params)]);
    for (const params of [path, `${path} x`, `${path} -1`, `${path} 16777216`, `${path} 1 ${path}`, `${path} 1 a b`])
      await refuses(load(params), 'INVALID_ARGUMENT', 'EINVAL');
    await refuses(load(`${path} 2`), 'NO_DATA', 'ENODATA');
    await refuses(load('/dev/no-such-pool 1'), 'NOT_FOUND', 'ENODEV');
  });

  it('reads zeros where nothing was written, and takes no block for it', async () => {
    const { pool, byteAt } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    expect(await byteAt(thin, 3 * BLOCK, 2 * BLOCK)).to.equal(0);
    expect(await made.usedData()).to.equal(0);
    expect(await made.thinStatus(thin)).to.include({ kind: 'ok', mapped: 0n, highest: undefined });
  });

  it('takes a block with the first write into it, zeros around', async () => {
    const { kernel, pool, write, byteAt } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await write(thin, 5 * BLOCK + 4096, 4096, 7);
    expect(await byteAt(thin, 5 * BLOCK, 4096)).to.equal(0);
    expect(await byteAt(thin, 5 * BLOCK + 4096, 4096)).to.equal(7);
    expect(await byteAt(thin, 5 * BLOCK + 8192, BLOCK - 8192)).to.equal(0);
    expect(await made.usedData()).to.equal(1);
    const [status] = await kernel.status(thin);
    expect(status?.text).to.equal(`${BLOCK_SECTORS} ${6 * BLOCK_SECTORS - 1}`);
  });

  it('zeroes what another device left in a block', async () => {
    const { kernel, pool, write, byteAt } = bench();
    const made = await pool({ blocks: 2 });
    const first = await made.thin(1);
    await write(first, 0, 2 * BLOCK, 9);
    await kernel.remove(first);
    await made.message('delete 1');
    const second = await made.thin(2);
    await write(second, 4096, 4096, 1);
    expect(await byteAt(second, 0, 4096)).to.equal(0);
    expect(await byteAt(second, 8192, BLOCK - 8192)).to.equal(0);
  });

  it('takes whole blocks for a device that ends within one', async () => {
    const { kernel, pool, up, write, using, refuses } = bench();
    const made = await pool();
    await made.message('create_thin 1');
    const thin = await up('odd', [line(0, 2056, 'thin', `${devicePath(made.name)} 1`)]);
    await write(thin, 2048 * 512, 8 * 512, 1);
    expect((await kernel.status(thin))[0]?.text).to.equal(`${BLOCK_SECTORS} ${17 * BLOCK_SECTORS - 1}`);
    await using(thin, (device) => refuses(device.write(2056n * 512n, new Uint8Array(512)), 'NO_SPACE', 'ENOSPC'));
  });

  it('shares all blocks with a new snapshot, and keeps the two apart', async () => {
    const { kernel, pool, write, byteAt } = bench();
    const made = await pool();
    const origin = await made.thin(1);
    await write(origin, 0, 4 * BLOCK, 1);
    await kernel.suspend(origin);
    await made.message('create_snap 2 1');
    await kernel.resume(origin);
    expect(await made.usedData()).to.equal(4);
    const snapshot = await made.thin(2, { isNew: false });
    expect(await made.thinStatus(snapshot)).to.deep.equal(await made.thinStatus(origin));
    await write(snapshot, BLOCK, 4096, 2);
    expect(await made.usedData()).to.equal(5);
    await write(origin, 2 * BLOCK, BLOCK, 3);
    expect(await made.usedData()).to.equal(6);
    expect(await byteAt(origin, BLOCK, BLOCK)).to.equal(1);
    expect(await byteAt(snapshot, BLOCK, 4096)).to.equal(2);
    expect(await byteAt(snapshot, BLOCK + 4096, BLOCK - 4096)).to.equal(1);
    expect(await byteAt(snapshot, 2 * BLOCK, BLOCK)).to.equal(1);
    expect(await byteAt(origin, 2 * BLOCK, BLOCK)).to.equal(3);
    await write(snapshot, BLOCK, BLOCK, 4);
    expect(await made.usedData(), 'a block of its own is written in place').to.equal(6);
  });

  it('goes on with a snapshot whose origin is deleted', async () => {
    const { kernel, pool, write, byteAt } = bench();
    const made = await pool();
    const origin = await made.thin(1);
    await write(origin, 0, 2 * BLOCK, 1);
    await made.message('create_snap 2 1');
    await made.message('create_snap 3 2');
    await kernel.remove(origin);
    await made.message('delete 1');
    await made.message('delete 2');
    const last = await made.thin(3, { isNew: false });
    expect(await byteAt(last, 0, 2 * BLOCK)).to.equal(1);
    expect(await made.usedData()).to.equal(2);
    await kernel.remove(last);
    await made.message('delete 3');
    expect(await made.usedData()).to.equal(0);
  });

  it('copies a block whose snapshot is gone, since it goes by time and not by count', async () => {
    const { pool, write } = bench();
    const made = await pool();
    const origin = await made.thin(1);
    await write(origin, 0, BLOCK, 1);
    await made.message('create_snap 2 1');
    await made.message('delete 2');
    await write(origin, 0, BLOCK, 2);
    expect(await made.usedData()).to.equal(1);
    await write(origin, 0, 4096, 3);
    expect(await made.usedData()).to.equal(1);
  });

  it('does not delete a thin device that a table uses, live or inactive', async () => {
    const { kernel, name, pool, refuses } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await refuses(made.message('delete 1'), 'BUSY', 'EBUSY');
    await kernel.remove(thin);
    await kernel.create(name('b'));
    await kernel.load(name('b'), made.thinTable(1));
    await refuses(made.message('delete 1'), 'BUSY', 'EBUSY');
    await kernel.clear(name('b'));
    await made.message('delete 1');
    await refuses(kernel.load(name('b'), made.thinTable(1)), 'NO_DATA', 'ENODATA');
  });

  it('opens a thin device as often as it is asked to', async () => {
    const { pool, up, write, byteAt } = bench();
    const made = await pool();
    const one = await made.thin(1);
    const two = await up('two', made.thinTable(1, 8));
    await write(one, 0, BLOCK, 4);
    expect(await byteAt(two, 0, BLOCK)).to.equal(4);
  });

  it('keeps what was written when it is taken down and up again', async () => {
    const { kernel, pool, up, write, byteAt } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await write(thin, BLOCK, 2 * BLOCK, 8);
    await kernel.remove(thin);
    await kernel.remove(made.name);
    await up('pool', made.table());
    const again = await made.thin(1, { isNew: false });
    expect(await byteAt(again, BLOCK, 2 * BLOCK)).to.equal(8);
    expect(await made.usedData()).to.equal(2);
  });

  it('unmaps the whole blocks of a discard, and leaves the rest', async () => {
    const { pool, write, byteAt, discard } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await write(thin, 0, 4 * BLOCK, 5);
    await discard(thin, BLOCK / 2, 3 * BLOCK);
    expect(await made.usedData()).to.equal(2);
    expect(await byteAt(thin, 0, BLOCK)).to.equal(5);
    expect(await byteAt(thin, BLOCK, 2 * BLOCK)).to.equal(0);
    expect(await byteAt(thin, 3 * BLOCK, BLOCK)).to.equal(5);
    await discard(thin, 0, 64 * BLOCK);
    expect(await made.usedData()).to.equal(0);
    await discard(thin, 0, 64 * BLOCK);
  });

  it('leaves the snapshot its blocks when the origin discards them', async () => {
    const { pool, write, byteAt, discard } = bench();
    const made = await pool();
    const origin = await made.thin(1);
    await write(origin, 0, 2 * BLOCK, 5);
    await made.message('create_snap 2 1');
    const snapshot = await made.thin(2, { isNew: false });
    await discard(origin, 0, 2 * BLOCK);
    expect(await made.usedData()).to.equal(2);
    expect(await byteAt(snapshot, 0, 2 * BLOCK)).to.equal(5);
    expect(await byteAt(origin, 0, 2 * BLOCK)).to.equal(0);
  });

  it('takes no discards where the pool ignores them', async () => {
    const { pool, open, refuses } = bench();
    const made = await pool({ features: ['ignore_discard'] });
    const thin = await made.thin(1);
    const device = await open(thin);
    await refuses(device.discard(0n, BigInt(BLOCK)), 'NOT_SUPPORTED', 'EOPNOTSUPP');
    expect((await made.status()).discard).to.equal('ignore_discard');
  });

  it('shows an external origin where it has no blocks of its own', async () => {
    const { disk, pool, up, write, byteAt, discard } = bench();
    const path = await disk(3 * BLOCK_AND_A_HALF);
    const origin = await up('origin', linear(path, 3 * BLOCK_AND_A_HALF));
    await write(origin, 0, 3 * BLOCK_AND_A_HALF * 512, 6);
    const made = await pool();
    await made.message('create_thin 1');
    const thin = await up('thin', made.thinTable(1, 16, path));
    expect(await byteAt(thin, 0, 4 * BLOCK)).to.equal(6);
    const end = 3 * BLOCK_AND_A_HALF * 512;
    expect(await byteAt(thin, end, BLOCK)).to.equal(0);
    await write(thin, 4096, 4096, 7);
    expect(await byteAt(thin, 0, 4096)).to.equal(6);
    expect(await byteAt(thin, 4096, 4096)).to.equal(7);
    expect(await byteAt(thin, 8192, BLOCK - 8192)).to.equal(6);
    await discard(thin, 0, BLOCK);
    expect(await byteAt(thin, 0, BLOCK)).to.equal(6);
    expect(await byteAt(origin, 0, BLOCK)).to.equal(6);
  });

  it('is held back while its pool is suspended', async () => {
    const { kernel, pool } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await kernel.suspend(made.name);
    const info = await kernel.info(thin);
    expect([info.isSuspended, info.isInternallySuspended]).to.deep.equal([false, true]);
    // A suspend of the thin device itself waits for the pool.
    let isDone = false;
    const suspended = kernel.suspend(thin).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(isDone).to.equal(false);
    await kernel.resume(made.name);
    await suspended;
    const after = await kernel.info(thin);
    expect([after.isSuspended, after.isInternallySuspended]).to.deep.equal([true, false]);
  });
}

/** An origin that ends within a block of the pool. */
const BLOCK_AND_A_HALF = BLOCK_SECTORS + BLOCK_SECTORS / 2;
