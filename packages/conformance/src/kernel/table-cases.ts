import { devicePath, type Table } from '@dmthin/domain';
import { expect } from 'chai';
import { line, linear, type Workbench } from './workbench.ts';

/** Tables: what is accepted, when it is, and which of the two is live. */
export function tableCases(bench: () => Workbench): void {
  it('loads a table beside the live one, and makes it live at resume', async () => {
    const { kernel, up } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    await kernel.load(name, [line(0, 16, 'error')]);
    const before = await kernel.info(name);
    expect([before.hasLiveTable, before.hasInactiveTable]).to.deep.equal([true, true]);
    expect(await kernel.table(name)).to.deep.equal([line(0, 8, 'zero')]);
    expect(await kernel.table(name, { inactive: true })).to.deep.equal([line(0, 16, 'error')]);
    await kernel.resume(name);
    expect(await kernel.table(name)).to.deep.equal([line(0, 16, 'error')]);
    expect((await kernel.info(name)).hasInactiveTable).to.equal(false);
  });

  it('does not count loading and resuming as events', async () => {
    const { kernel, up, reload } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    await reload(name, [line(0, 16, 'zero')]);
    expect((await kernel.info(name)).eventNumber).to.equal(0);
  });

  it('replaces an inactive table by the next that is loaded', async () => {
    const { kernel, name, disk } = bench();
    const path = await disk();
    await kernel.create(name('a'));
    await kernel.load(name('a'), [line(0, 8, 'zero')]);
    await kernel.load(name('a'), linear(path));
    expect((await kernel.table(name('a'), { inactive: true })).map(({ type }) => type)).to.deep.equal(['linear']);
  });

  it('keeps the inactive table where the next one fails', async () => {
    const { kernel, name, refuses } = bench();
    await kernel.create(name('a'));
    await kernel.load(name('a'), [line(0, 8, 'zero')]);
    await refuses(kernel.load(name('a'), [line(0, 8, 'zero', 'surplus')]), 'INVALID_ARGUMENT', 'EINVAL');
    expect(await kernel.table(name('a'), { inactive: true })).to.deep.equal([line(0, 8, 'zero')]);
  });

  it('clears the inactive table, and succeeds where there is none', async () => {
    const { kernel, up } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    await kernel.load(name, [line(0, 16, 'zero')]);
    await kernel.clear(name);
    await kernel.clear(name);
    expect((await kernel.info(name)).hasInactiveTable).to.equal(false);
    await kernel.resume(name);
    expect(await kernel.table(name)).to.deep.equal([line(0, 8, 'zero')]);
  });

  it('serves each part of a device by its own target', async () => {
    const { kernel, disk, up, write, byteAt, using } = bench();
    const path = await disk();
    const name = await up('a', [
      line(0, 8, 'linear', `${path} 16`),
      line(8, 8, 'zero'),
      line(16, 8, 'linear', `${path} 0`),
    ]);
    await write(name, 0, 24 * 512, 7);
    expect(await byteAt(name, 0, 4096)).to.equal(7);
    expect(await byteAt(name, 4096, 4096)).to.equal(0);
    expect(await byteAt(name, 8192, 4096)).to.equal(7);
    const whole = await up('whole', linear(path, 32));
    expect(await byteAt(whole, 0, 4096)).to.equal(7);
    expect(await byteAt(whole, 4096, 4096)).to.equal(0);
    expect(await byteAt(whole, 8192, 4096)).to.equal(7);
    expect(await using(name, async ({ size }) => size)).to.equal(24n * 512n);
    expect((await kernel.table(name)).map(({ params }) => params.split(' ')[1])).to.deep.equal(['16', undefined, '0']);
  });

  it('refuses tables that no target accepts', async () => {
    const { kernel, name, disk, refuses } = bench();
    const path = await disk(64);
    await kernel.create(name('a'));
    const bad: readonly (readonly [string, Table])[] = [
      ['a gap', [line(8, 8, 'zero')]],
      ['a gap in the middle', [line(0, 8, 'zero'), line(16, 8, 'zero')]],
      ['no length', [line(0, 0, 'zero')]],
      ['an unknown type', [line(0, 8, 'no-such-target')]],
      ['a type in capitals', [line(0, 8, 'ZERO')]],
      ['arguments that zero has not', [line(0, 8, 'zero', 'x')]],
      ['linear without offset', [line(0, 8, 'linear', path)]],
      ['linear with a signed offset', [line(0, 8, 'linear', `${path} -1`)]],
      ['linear with too many words', [line(0, 8, 'linear', `${path} 0 0`)]],
      ['a table beyond its device', linear(path, 65)],
      ['an offset beyond its device', linear(path, 8, 64)],
      ['a thin device that is on no pool', [line(0, 8, 'thin', `${path} 1`)]],
    ];
    for (const [what, table] of bad)
      await refuses(kernel.load(name('a'), table), 'INVALID_ARGUMENT', 'EINVAL').catch((failure: unknown) => {
        throw new Error(`${what}: ${String(failure)}`, { cause: failure });
      });
    expect((await kernel.info(name('a'))).hasInactiveTable).to.equal(false);
  });

  it('refuses a device that is not there: by path, and by number', async () => {
    const { kernel, name, refuses } = bench();
    await kernel.create(name('a'));
    await refuses(kernel.load(name('a'), linear('/dev/no-such-disk')), 'NOT_FOUND', 'ENODEV');
    await refuses(kernel.load(name('a'), linear('4000:77')), 'NOT_FOUND', 'ENXIO');
    await refuses(kernel.load(name('a'), linear('4096:0')), 'INVALID_ARGUMENT', 'EOVERFLOW');
  });

  it('takes an error target with any arguments, and forgets them', async () => {
    const { kernel, up, refuses, using } = bench();
    const name = await up('a', [line(0, 8, 'error', 'a few words')]);
    expect(await kernel.table(name)).to.deep.equal([line(0, 8, 'error')]);
    await using(name, async (device) => {
      await refuses(device.read(0n, 512), 'IO', 'EIO');
    });
  });

  it('looks at the size of the devices below again when a table is resumed', async () => {
    const { kernel, disk, up, refuses } = bench();
    const path = await disk(64);
    const name = await up('a', linear(path));
    // A device that is in use takes the table, and fails to resume it.
    await kernel.load(name, linear(path, 65));
    await refuses(kernel.resume(name), 'INVALID_ARGUMENT', 'EINVAL');
    const info = await kernel.info(name);
    expect([info.isSuspended, info.hasLiveTable, info.hasInactiveTable]).to.deep.equal([true, true, false]);
    await kernel.resume(name);
    expect((await kernel.table(name))[0]?.length).to.equal(64n);
  });

  it('lists what a table stands on, the last named first and each once', async () => {
    const { kernel, disk, up } = bench();
    const [one, two] = [await disk(), await disk()];
    const only = async (path: string, suffix: string) => (await kernel.deps(await up(suffix, linear(path))))[0];
    const [first, second] = [await only(one, 'one'), await only(two, 'two')];
    const name = await up('a', [
      line(0, 8, 'linear', `${one} 0`),
      line(8, 8, 'linear', `${two} 0`),
      line(16, 8, 'linear', `${one} 8`),
    ]);
    expect(await kernel.deps(name)).to.deep.equal([second, first]);
    await kernel.load(name, linear(one));
    expect(await kernel.deps(name, { inactive: true })).to.deep.equal([first]);
  });

  it('holds the devices below open once for all tables and lines of a device', async () => {
    const { kernel, up } = bench();
    const below = await up('below', [line(0, 64, 'zero')]);
    const path = devicePath(below);
    const above = await up('above', [line(0, 8, 'linear', `${path} 0`), line(8, 8, 'linear', `${path} 8`)]);
    await kernel.load(above, linear(path, 8));
    expect((await kernel.info(below)).openCount).to.equal(1);
    await kernel.resume(above);
    await kernel.load(above, linear(path, 8), { readOnly: true });
    expect((await kernel.info(below)).openCount).to.equal(2);
    await kernel.clear(above);
    expect((await kernel.info(below)).openCount).to.equal(1);
    await kernel.remove(above);
    expect((await kernel.info(below)).openCount).to.equal(0);
  });

  it('makes a device read-only by its table', async () => {
    const { kernel, disk, up, refuses, using, reload } = bench();
    const path = await disk();
    const name = await up('a', linear(path), { readOnly: true });
    expect((await kernel.info(name)).isReadOnly).to.equal(true);
    await using(name, async (device) => {
      await refuses(device.write(0n, new Uint8Array(512)), 'NOT_PERMITTED', 'EPERM');
    });
    await reload(name, linear(path));
    expect((await kernel.info(name)).isReadOnly).to.equal(false);
  });

  it('keeps a disk from two kinds of owner', async () => {
    const { kernel, name, disk, openPath, close, refuses, up } = bench();
    const path = await disk();
    const mine = await openPath(path, { exclusive: true });
    await kernel.create(name('a'));
    await refuses(kernel.load(name('a'), linear(path)), 'BUSY', 'EBUSY');
    await close(mine);
    await up('b', linear(path));
    await up('c', linear(path));
    await refuses(openPath(path, { exclusive: true }), 'BUSY', 'EBUSY');
  });
}
