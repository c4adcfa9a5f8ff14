import { devicePath, deviceUuid } from '@dmthin/domain';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { line, linear, type Workbench } from './workbench.ts';

/** Devices without regard to what serves them: making, naming, finding, removing. */
export function deviceCases(bench: () => Workbench): void {
  it('tells its driver version and its targets', async () => {
    const { kernel } = bench();
    expect((await kernel.version()).driver).to.match(/^4\.\d+\.\d+$/u);
    const types = (await kernel.targets()).map(({ type }) => type);
    expect(types).to.include.members(['linear', 'zero', 'error', 'thin-pool', 'thin']);
  });

  it('makes a device without a table, which is not suspended', async () => {
    const { kernel, name } = bench();
    await kernel.create(name('a'), { uuid: deviceUuid(`uuid-${name('a')}`) });
    const { number, ...info } = await kernel.info(name('a'));
    expect(number.major).to.be.greaterThan(0);
    expect(info).to.deep.equal({
      name: name('a'),
      uuid: `uuid-${name('a')}`,
      openCount: 0,
      eventNumber: 0,
      hasLiveTable: false,
      hasInactiveTable: false,
      isSuspended: false,
      isInternallySuspended: false,
      isReadOnly: false,
      isDeferredRemove: false,
    });
    expect(await kernel.status(name('a'))).to.deep.equal([]);
    expect(await kernel.table(name('a'))).to.deep.equal([]);
    expect(await kernel.deps(name('a'))).to.deep.equal([]);
  });

  it('refuses a name or a uuid that is taken', async () => {
    const { kernel, name, refuses } = bench();
    const uuid = deviceUuid(`uuid-${name('a')}`);
    await kernel.create(name('a'), { uuid });
    await refuses(kernel.create(name('a')), 'ALREADY_EXISTS', 'EBUSY');
    await refuses(kernel.create(name('b'), { uuid }), 'ALREADY_EXISTS', 'EBUSY');
  });

  it('gives the minor that is asked for, and refuses one that is taken', async () => {
    const { kernel, name, refuses } = bench();
    await kernel.create(name('a'), { minor: 4711 });
    expect((await kernel.info(name('a'))).number.minor).to.equal(4711);
    await refuses(kernel.create(name('b'), { minor: 4711 }), 'ALREADY_EXISTS', 'ENXIO');
  });

  it('knows nothing of a device that is not there', async () => {
    const { kernel, name, refuses } = bench();
    const gone = name('nowhere');
    const calls = [
      () => kernel.info(gone),
      () => kernel.load(gone, [line(0, 8, 'zero')]),
      () => kernel.resume(gone),
      () => kernel.suspend(gone),
      () => kernel.clear(gone),
      () => kernel.remove(gone),
      () => kernel.rename(gone, name('other')),
      () => kernel.setUuid(gone, deviceUuid('some-uuid-nobody-has')),
      () => kernel.status(gone),
      () => kernel.table(gone),
      () => kernel.deps(gone),
      () => kernel.message(gone, line(0, 1, '').start, 'hello'),
      () => kernel.waitEvent(gone, 0),
    ];
    for (const call of calls) await refuses(call(), 'NOT_FOUND', 'ENXIO');
  });

  it('lists devices in byte order of their names', async () => {
    const { kernel, name } = bench();
    const names = [name('b'), name('B'), name('a'), name('a-b'), name('a+b')];
    for (const one of names) await kernel.create(one);
    const listed = (await kernel.list()).map((device) => device.name).filter((one) => names.includes(one));
    expect(listed).to.deep.equal([...names].sort());
  });

  it('keeps names with unusual characters', async () => {
    const { kernel, name } = bench();
    const odd = name('q q\t"ü\\x');
    await kernel.create(odd);
    expect((await kernel.list()).map((device) => device.name)).to.include(odd);
    expect((await kernel.info(odd)).name).to.equal(odd);
    await kernel.load(odd, [line(0, 8, 'zero')]);
    await kernel.resume(odd);
    await kernel.remove(odd);
  });

  it('renames a device with its node, and counts it as an event', async () => {
    const { kernel, name, up, using, refuses } = bench();
    const from = await up('from', [line(0, 8, 'zero')]);
    const to = name('to');
    await kernel.rename(from, to);
    expect((await kernel.info(to)).eventNumber).to.equal(1);
    await refuses(kernel.info(from), 'NOT_FOUND', 'ENXIO');
    await using(to, (device) => device.read(0n, 512));
    await kernel.create(from);
    await refuses(kernel.rename(to, from), 'ALREADY_EXISTS', 'EBUSY');
    await refuses(kernel.rename(to, to), 'ALREADY_EXISTS', 'EBUSY');
  });

  it('does not count the renaming of a device without a table as an event', async () => {
    const { kernel, name } = bench();
    await kernel.create(name('from'));
    await kernel.rename(name('from'), name('to'));
    expect((await kernel.info(name('to'))).eventNumber).to.equal(0);
  });

  it('sets a uuid once', async () => {
    const { kernel, name, refuses } = bench();
    const uuid = deviceUuid(`uuid-${name('a')}`);
    await kernel.create(name('a'));
    await kernel.create(name('b'));
    await kernel.setUuid(name('a'), uuid);
    expect((await kernel.info(name('a'))).uuid).to.equal(uuid);
    await refuses(kernel.setUuid(name('b'), uuid), 'ALREADY_EXISTS', 'EBUSY');
    await refuses(kernel.setUuid(name('a'), deviceUuid(`other-${uuid}`)), 'INVALID_ARGUMENT', 'EINVAL');
  });

  it('does not remove a device that is open, and removes it once it is not', async () => {
    const { kernel, up, open, close, refuses } = bench();
    const name = await up('a', [line(0, 8, 'zero')]);
    const file = await open(name);
    expect((await kernel.info(name)).openCount).to.equal(1);
    await refuses(kernel.remove(name), 'BUSY', 'EBUSY');
    await close(file);
    await kernel.remove(name);
    await refuses(kernel.info(name), 'NOT_FOUND', 'ENXIO');
  });

  it('does not remove a device that a table stands on', async () => {
    const { kernel, up, refuses } = bench();
    const below = await up('below', [line(0, 64, 'zero')]);
    const above = await up('above', linear(devicePath(below)));
    await refuses(kernel.remove(below), 'BUSY', 'EBUSY');
    await kernel.remove(above);
    await kernel.remove(below);
  });

  it('removes a device that is suspended, or has no table', async () => {
    const { kernel, name, up } = bench();
    const suspended = await up('suspended', [line(0, 8, 'zero')]);
    await kernel.suspend(suspended);
    await kernel.remove(suspended);
    await kernel.create(name('empty'));
    await kernel.remove(name('empty'));
  });

  it('refuses to act after close, and lets it be closed twice', async () => {
    const { kernel } = bench();
    await kernel.close();
    await kernel.close();
    expect(await codeOf(kernel.list())).to.equal('CLOSED');
  });
}
