import { expect } from 'chai';
import { BLOCK, line, type Workbench } from './workbench.ts';

const ERROR = ['error_if_no_space'];

/** Pools that run out of space. All of them refuse at once: a pool that queues would let a real kernel wait for a minute. */
export function spaceCases(bench: () => Workbench): void {
  it('fails a write for which there is no block, and goes on with what it has', async () => {
    const { pool, open, write, byteAt, refuses } = bench();
    const made = await pool({ blocks: 4, features: ERROR });
    const thin = await made.thin(1);
    await write(thin, 0, 4 * BLOCK, 1);
    expect((await made.status()).mode).to.equal('rw');
    const device = await open(thin);
    await refuses(device.write(BigInt(4 * BLOCK), new Uint8Array(4096)), 'NO_SPACE', 'ENOSPC');
    expect((await made.status()).mode).to.equal('out_of_data_space');
    await device.write(0n, new Uint8Array(BLOCK).fill(2));
    expect(await byteAt(thin, 0, BLOCK)).to.equal(2);
    expect(await byteAt(thin, 4 * BLOCK, BLOCK)).to.equal(0);
  });

  it('sends two events when it runs full: low water, and out of space', async () => {
    const { pool, open, write, refuses } = bench();
    const made = await pool({ blocks: 2, features: ERROR });
    const thin = await made.thin(1);
    await write(thin, 0, 2 * BLOCK, 1);
    expect(await made.events()).to.equal(0);
    const device = await open(thin);
    await refuses(device.write(BigInt(4 * BLOCK), new Uint8Array(4096)), 'NO_SPACE', 'ENOSPC');
    expect(await made.events()).to.equal(2);
  });

  it('sends one event when free blocks fall to the low water mark, and one more after a resume', async () => {
    const { kernel, pool, write } = bench();
    const made = await pool({ blocks: 4, lowWaterMark: 2, features: ERROR });
    const thin = await made.thin(1);
    await write(thin, 0, 2 * BLOCK, 1);
    expect(await made.events()).to.equal(0);
    const event = kernel.waitEvent(made.name, 0);
    await write(thin, 2 * BLOCK, BLOCK, 1);
    expect(await event).to.equal(1);
    await write(thin, 3 * BLOCK, BLOCK, 1);
    expect(await made.events()).to.equal(1);
  });

  it('is writable again once blocks are given back', async () => {
    const { pool, open, write, refuses, discard } = bench();
    const made = await pool({ blocks: 2, features: ERROR });
    const thin = await made.thin(1);
    await write(thin, 0, 2 * BLOCK, 1);
    const device = await open(thin);
    await refuses(device.write(BigInt(4 * BLOCK), new Uint8Array(4096)), 'NO_SPACE', 'ENOSPC');
    await discard(thin, 0, BLOCK);
    expect((await made.status()).mode).to.equal('rw');
    await device.write(BigInt(4 * BLOCK), new Uint8Array(4096));
  });

  it('is writable again once a thin device is deleted', async () => {
    const { kernel, pool, open, write, refuses } = bench();
    const made = await pool({ blocks: 2, features: ERROR });
    const other = await made.thin(2);
    await write(other, 0, 2 * BLOCK, 1);
    await kernel.remove(other);
    const thin = await made.thin(1);
    const device = await open(thin);
    await refuses(device.write(0n, new Uint8Array(4096)), 'NO_SPACE', 'ENOSPC');
    await made.message('delete 2');
    expect((await made.status()).mode).to.equal('rw');
    await device.write(0n, new Uint8Array(4096));
  });

  it('is writable again once it has grown', async () => {
    const { disk, up, reload, open, kernel, refuses } = bench();
    const [metadata, data] = [await disk(4096), await disk(8 * 128)];
    const table = (blocks: number) => [
      line(0, blocks * 128, 'thin-pool', `${metadata} ${data} 128 0 1 error_if_no_space`),
    ];
    const pool = await up('pool', table(1));
    await kernel.message(pool, line(0, 1, '').start, 'create_thin 1');
    const thin = await up('thin', [line(0, 1024, 'thin', `/dev/mapper/${pool} 1`)]);
    const device = await open(thin);
    await refuses(device.write(0n, new Uint8Array(2 * BLOCK)), 'NO_SPACE', 'ENOSPC');
    await reload(pool, table(8));
    await device.write(0n, new Uint8Array(2 * BLOCK).fill(1));
    expect((await kernel.status(pool))[0]?.text).to.match(/ 2\/8 - rw /u);
  });

  it('fails a write that would break sharing on a full pool, and leaves both sides as they were', async () => {
    const { pool, open, write, byteAt, refuses } = bench();
    const made = await pool({ blocks: 2, features: ERROR });
    const thin = await made.thin(1);
    await write(thin, 0, 2 * BLOCK, 1);
    await made.message('create_snap 2 1');
    const device = await open(thin);
    await refuses(device.write(0n, new Uint8Array(4096).fill(9)), 'NO_SPACE', 'ENOSPC');
    expect(await byteAt(thin, 0, 2 * BLOCK)).to.equal(1);
  });

  it('refuses metadata that is too small: to format, or to use', async () => {
    const { kernel, disk, name, refuses } = bench();
    const data = await disk(1024 * 128);
    await kernel.create(name('pool'));
    const load = async (blocks: number) =>
      kernel.load(name('pool'), [line(0, 1024 * 128, 'thin-pool', `${await disk(blocks * 8)} ${data} 128 0`)]);
    await refuses(load(2), 'INVALID_ARGUMENT', 'EINVAL');
    await refuses(load(5), 'NO_SPACE', 'ENOSPC');
    await load(8);
    await refuses(kernel.resume(name('pool')), 'NO_SPACE', 'ENOSPC');
    const [status] = await kernel.status(name('pool'));
    expect(status?.text).to.match(/ 0\/0 - ro discard_passdown queue_if_no_space needs_check /u);
  });
}
