import { devicePath, type Table } from '@dmthin/domain';
import { expect } from 'chai';
import { BLOCK, BLOCK_SECTORS, line, type Workbench } from './workbench.ts';

/** Thin pools: their tables, messages and status. */
export function poolCases(bench: () => Workbench): void {
  it('formats empty metadata, and tells what is used of it', async () => {
    const pool = await bench().pool({ blocks: 1024 });
    // 8 blocks by the format, 1 for the data bitmap, 51 kept in reserve (dm-kernel.md 3.4).
    expect(await pool.statusLine()).to.match(/^0 60\/512 0\/1024 - rw discard_passdown queue_if_no_space - 128 ?$/u);
  });

  it('prints its table with the features that were asked for', async () => {
    const { kernel, pool } = bench();
    const made = await pool({ features: ['error_if_no_space', 'Skip_Block_Zeroing'], lowWaterMark: 5 });
    const [table] = await kernel.table(made.name);
    expect(table?.params).to.match(/^\d+:\d+ \d+:\d+ 128 5 2 skip_block_zeroing error_if_no_space ?$/u);
    expect((await made.status()).onNoSpace).to.equal('error_if_no_space');
  });

  it('finds its metadata again as it left it', async () => {
    const { kernel, pool, up, reload } = bench();
    const made = await pool();
    await made.message('create_thin 1');
    await made.message('set_transaction_id 0 7');
    await kernel.remove(made.name);
    const again = await up('again', made.table());
    expect((await kernel.status(again))[0]?.text).to.match(/^7 /u);
    await kernel.message(again, line(0, 1, '').start, 'create_snap 2 1');
    await reload(again, made.table());
    expect((await kernel.status(again))[0]?.text).to.match(/^7 /u);
  });

  it('refuses pool tables that are wrong', async () => {
    const { kernel, name, disk, refuses } = bench();
    const [metadata, data] = [await disk(4096), await disk(8192)];
    const table = (params: string, length = 8192): Table => [line(0, length, 'thin-pool', params)];
    await kernel.create(name('pool'));
    const bad: readonly Table[] = [
      table(`${metadata} ${data} 128`),
      table(`${metadata} ${metadata} 128 0`),
      table(`${metadata} ${data} 127 0`),
      table(`${metadata} ${data} 64 0`),
      table(`${metadata} ${data} 192 0`),
      table(`${metadata} ${data} 2097280 0`),
      table(`${metadata} ${data} 0x80 0`),
      table(`${metadata} ${data} 128 low`),
      table(`${metadata} ${data} 128 0 1 no_such_feature`),
      table(`${metadata} ${data} 128 0 2 read_only`),
      table(`${metadata} ${data} 128 0 5 read_only read_only read_only read_only read_only`),
      [...table(`${metadata} ${data} 128 0`), line(8192, 8, 'zero')],
      [line(0, 8, 'zero'), line(8, 128, 'thin-pool', `${metadata} ${data} 128 0`)],
    ];
    for (const each of bad) await refuses(kernel.load(name('pool'), each), 'INVALID_ARGUMENT', 'EINVAL');
    await refuses(
      kernel.load(name('pool'), table(`${metadata} ${data} 128 0`), { readOnly: true }),
      'INVALID_ARGUMENT',
      'EINVAL',
    );
    await refuses(kernel.load(name('pool'), table(`/dev/no-such-disk ${data} 128 0`)), 'NOT_FOUND', 'ENODEV');
  });

  it('refuses metadata that is not what it should be', async () => {
    const { kernel, name, disk, openPath, close, refuses } = bench();
    const [metadata, data] = [await disk(4096), await disk(8192)];
    const disks = await openPath(metadata);
    const table: Table = [line(0, 8192, 'thin-pool', `${metadata} ${data} 128 0`)];
    await kernel.create(name('pool'));
    // A superblock whose own address is wrong, then one with nothing else right.
    await disks.write(0n, new Uint8Array(4096).fill(0xff));
    await disks.flush();
    await refuses(kernel.load(name('pool'), table), 'CORRUPT', 'ENOTBLK');
    await disks.write(0n, new Uint8Array(4096).fill(0xff).fill(0, 8, 16));
    await disks.flush();
    await refuses(kernel.load(name('pool'), table), 'CORRUPT', 'EILSEQ');
    await close(disks);
  });

  it('does not format metadata for a read-only pool', async () => {
    const { kernel, name, disk, refuses } = bench();
    const [metadata, data] = [await disk(4096), await disk(8192)];
    await kernel.create(name('pool'));
    const table = [line(0, 8192, 'thin-pool', `${metadata} ${data} 128 0 1 read_only`)];
    await refuses(kernel.load(name('pool'), table), 'NOT_PERMITTED', 'EPERM');
  });

  it('keeps metadata for one pool', async () => {
    const { kernel, name, pool, disk, refuses } = bench();
    const made = await pool();
    await kernel.create(name('other'));
    await refuses(kernel.load(name('other'), made.table()), 'BUSY', 'EBUSY');
    const [metadata, data] = [await disk(4096), await disk(64 * BLOCK_SECTORS)];
    const table = (params: string) => [line(0, 64 * BLOCK_SECTORS, 'thin-pool', params)];
    await refuses(kernel.load(made.name, table(`${made.metadata} ${data} 128 0`)), 'BUSY', 'EBUSY');
    await refuses(kernel.load(made.name, table(`${metadata} ${made.data} 128 0`)), 'INVALID_ARGUMENT', 'EINVAL');
  });

  it('gives way only to a pool, or to an error target', async () => {
    const { kernel, pool, refuses } = bench();
    const made = await pool();
    await refuses(kernel.load(made.name, [line(0, 8, 'zero')]), 'INVALID_ARGUMENT', 'EINVAL');
    await kernel.load(made.name, [line(0, 8, 'error')]);
    await kernel.clear(made.name);
  });

  it('answers messages', async () => {
    const { kernel, pool, refuses } = bench();
    const made = await pool();
    const ask = (text: string) => made.message(text);
    await ask('create_thin 1');
    await refuses(ask('create_thin 1'), 'ALREADY_EXISTS', 'EEXIST');
    await refuses(ask('create_snap 1 1'), 'ALREADY_EXISTS', 'EEXIST');
    await refuses(ask('create_snap 2 77'), 'NO_DATA', 'ENODATA');
    await ask('CREATE_SNAP 2 1');
    await ask('create_thin +010');
    await refuses(ask('create_thin 10'), 'ALREADY_EXISTS', 'EEXIST');
    await ask('create_thin 16777215');
    for (const text of [
      'create_thin',
      'create_thin x',
      'create_thin -1',
      'create_thin 0x20',
      'create_thin 16777216',
      'create_thin 3 4',
      'create_snap 3',
      'delete',
      'no_such_message',
      'set_transaction_id 0',
      'set_transaction_id 0 x',
      'set_transaction_id 1 2',
      'release_metadata_snap',
    ])
      await refuses(ask(text), 'INVALID_ARGUMENT', 'EINVAL');
    for (const id of [1, 2, 10, 16_777_215]) await ask(`delete ${id}`);
    await refuses(ask('delete 1'), 'NO_DATA', 'ENODATA');
    await refuses(kernel.message(made.name, line(2 ** 40, 1, '').start, 'create_thin 1'), 'INVALID_ARGUMENT', 'EINVAL');
  });

  it('sends a message to a target that takes none', async () => {
    const { kernel, up, refuses } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    await refuses(kernel.message(name, line(0, 1, '').start, 'hello'), 'INVALID_ARGUMENT', 'EINVAL');
    await refuses(kernel.message(name, line(0, 1, '').start, '@no_such_message'), 'INVALID_ARGUMENT', 'EINVAL');
  });

  it('moves its transaction id from the one it has', async () => {
    const made = await bench().pool();
    await made.message('set_transaction_id 0 18446744073709551615');
    expect((await made.status()).transactionId).to.equal(2n ** 64n - 1n);
    await made.message('set_transaction_id 18446744073709551615 3');
    expect((await made.status()).transactionId).to.equal(3n);
  });

  it('holds one metadata snapshot', async () => {
    const { pool, refuses } = bench();
    const made = await pool();
    await made.message('reserve_metadata_snap');
    expect((await made.status()).heldRoot).to.not.equal(undefined);
    await refuses(made.message('reserve_metadata_snap'), 'BUSY', 'EBUSY');
    await made.message('release_metadata_snap');
    expect((await made.status()).heldRoot).to.equal(undefined);
  });

  it('takes messages while it is suspended, but no new thin tables', async () => {
    const { kernel, name, pool, refuses } = bench();
    const made = await pool();
    await made.message('create_thin 1');
    await kernel.suspend(made.name);
    await made.message('create_thin 2');
    await kernel.create(name('thin'));
    await refuses(kernel.load(name('thin'), made.thinTable(1)), 'INVALID_ARGUMENT', 'EINVAL');
    await refuses(kernel.load(name('thin'), made.thinTable(9)), 'NO_DATA', 'ENODATA');
    await kernel.resume(made.name);
    await kernel.load(name('thin'), made.thinTable(1));
  });

  it('grows with its table, and does not shrink', async () => {
    const { kernel, disk, up, reload, refuses } = bench();
    const [metadata, data] = [await disk(4096), await disk(64 * BLOCK_SECTORS)];
    const table = (blocks: number): Table => [
      line(0, blocks * BLOCK_SECTORS, 'thin-pool', `${metadata} ${data} 128 0`),
    ];
    const name = await up('pool', table(16));
    await reload(name, table(32));
    expect((await kernel.status(name))[0]?.text).to.match(/ 0\/32 /u);
    await kernel.load(name, table(16));
    await refuses(kernel.resume(name), 'INVALID_ARGUMENT', 'EINVAL');
    expect((await kernel.info(name)).isSuspended).to.equal(true);
    await reload(name, table(64));
    expect((await kernel.status(name))[0]?.text).to.match(/ 0\/64 /u);
  });

  it('keeps its block size whatever a later table says', async () => {
    const { kernel, pool, reload } = bench();
    const made = await pool();
    await reload(made.name, [line(0, 64 * BLOCK_SECTORS, 'thin-pool', `${made.metadata} ${made.data} 256 0`)]);
    expect((await kernel.table(made.name))[0]?.params).to.match(/ 128 0 0 ?$/u);
  });

  it('goes read-only and back where its table asks, each an event', async () => {
    const { pool, reload, refuses } = bench();
    const made = await pool();
    await reload(made.name, made.table({ features: ['read_only'] }));
    expect((await made.status()).mode).to.equal('ro');
    await refuses(made.message('create_thin 1'), 'READ_ONLY', 'EOPNOTSUPP');
    await refuses(made.message('no_such_message'), 'READ_ONLY', 'EOPNOTSUPP');
    expect(await made.events()).to.equal(1);
    await reload(made.name, made.table());
    expect((await made.status()).mode).to.equal('rw');
    expect(await made.events()).to.equal(2);
    await made.message('create_thin 1');
  });

  it('refuses to let discards be switched off once they are on', async () => {
    const { kernel, pool, refuses } = bench();
    const made = await pool();
    await refuses(kernel.load(made.name, made.table({ features: ['ignore_discard'] })), 'INVALID_ARGUMENT', 'EINVAL');
  });

  it('lists its data device before its metadata device', async () => {
    const { kernel, pool, up } = bench();
    const made = await pool();
    const dep = async (path: string, suffix: string) =>
      (await kernel.deps(await up(suffix, [line(0, 8, 'linear', `${path} 0`)])))[0];
    const expected = [await dep(made.data, 'data'), await dep(made.metadata, 'metadata')];
    expect(await kernel.deps(made.name)).to.deep.equal(expected);
  });

  it('gives access to its data device as it lies there', async () => {
    const { pool, byteAt, write } = bench();
    const made = await pool();
    const thin = await made.thin(1);
    await write(thin, 0, BLOCK, 6);
    expect(await byteAt(made.name, 0, BLOCK)).to.equal(6);
  });

  it('says which devices its thin devices stand on', async () => {
    const { kernel, pool } = bench();
    const made = await pool();
    const thin = await made.thin(3);
    const { number } = await kernel.info(made.name);
    expect(await kernel.deps(thin)).to.deep.equal([number]);
    expect((await kernel.table(thin))[0]?.params).to.equal(`${number.major}:${number.minor} 3`);
    expect(devicePath(made.name)).to.match(/^\/dev\/mapper\//u);
  });
}
