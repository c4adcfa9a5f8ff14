import { type DeviceName, DmError, deviceName, deviceUuid, sectors, type Table } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, MemoryStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';

const DISK = { major: 7, minor: 0 };
const NAME = deviceName('stack-1');

function linear(length: number, offset = 0, disk = '7:0'): Table {
  return [{ start: sectors(0), length: sectors(length), type: 'linear', params: `${disk} ${offset}` }];
}

async function errnoOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return DmError.is(error) ? `${error.code} ${error.errno}` : String(error);
}

describe('a mapped device', () => {
  let kernel: FakeKernel;
  beforeEach(() => {
    kernel = createFakeKernel();
    kernel.attach(DISK, new MemoryStore(1024 * 512));
  });

  async function up(name: DeviceName, table: Table): Promise<void> {
    await kernel.create(name);
    await kernel.load(name, table);
    await kernel.resume(name);
  }

  it('passes its I/O on to the disk below', async () => {
    await up(NAME, [...linear(8, 100), { start: sectors(8), length: sectors(8), type: 'zero', params: '' }]);
    const number = kernel.lookup('/dev/mapper/stack-1');
    expect(number).to.deep.equal({ major: 254, minor: 0 });
    const handle = kernel.open(number as { major: number; minor: number });
    handle.write(512, new Uint8Array(8192 - 512).fill(9));
    const disk = kernel.open(DISK);
    expect(disk.read(101 * 512, 512).every((byte) => byte === 9)).to.equal(true);
    expect(disk.read(108 * 512, 512).every((byte) => byte === 0)).to.equal(true);
    expect(handle.size).to.equal(8192);
    expect((await kernel.info(NAME)).openCount).to.equal(1);
    expect(await errnoOf(kernel.remove(NAME))).to.equal('BUSY EBUSY');
    handle.close();
    disk.close();
    await kernel.remove(NAME);
    expect(kernel.openCount(DISK)).to.equal(0);
  });

  it('has no node before its first resume, and keeps it through a rename', async () => {
    await kernel.create(NAME, { uuid: deviceUuid('u') });
    expect(kernel.lookup('/dev/mapper/stack-1')).to.equal(undefined);
    await kernel.load(NAME, linear(8));
    await kernel.resume(NAME);
    await kernel.rename(NAME, deviceName('other'));
    expect(kernel.lookup('/dev/mapper/stack-1')).to.equal(undefined);
    expect(kernel.lookup('/dev/mapper/other')).to.not.equal(undefined);
    expect((await kernel.info(deviceName('other'))).eventNumber).to.equal(1);
  });

  it('holds I/O back while it is suspended, and says when it goes on', async () => {
    await up(NAME, linear(8));
    let frozen = 0;
    const number = (await kernel.info(NAME)).number;
    const handle = kernel.open(number, {
      freeze: async () => {
        await Promise.resolve();
        handle.write(0, new Uint8Array(512).fill(3));
        frozen++;
      },
    });
    await kernel.suspend(NAME);
    expect(frozen).to.equal(1);
    expect(() => handle.read(0, 512))
      .to.throw(DmError)
      .with.property('errno', 'EAGAIN');
    const resumed = handle.resumed();
    await kernel.resume(NAME);
    await resumed;
    expect(handle.read(0, 512)[0]).to.equal(3);
    await kernel.suspend(NAME, { noFlush: true });
    expect(frozen).to.equal(1);
  });

  it('goes with its last close once it is marked, and stays when the mark is taken back', async () => {
    await up(NAME, linear(8));
    const { number } = await kernel.info(NAME);
    const handle = kernel.open(number);
    await kernel.remove(NAME, { deferred: true });
    expect((await kernel.info(NAME)).isDeferredRemove).to.equal(true);
    await kernel.message(NAME, sectors(0), '@cancel_deferred_remove');
    handle.close();
    expect((await kernel.info(NAME)).isDeferredRemove).to.equal(false);
    const again = kernel.open(number);
    await kernel.remove(NAME, { deferred: true });
    again.close();
    expect(await errnoOf(kernel.info(NAME))).to.equal('NOT_FOUND ENXIO');
    expect(await kernel.list()).to.deep.equal([]);
  });

  it('refuses a table that reaches beyond its disk: at once for a new device, at resume for one in use', async () => {
    await kernel.create(NAME);
    expect(await errnoOf(kernel.load(NAME, linear(1025)))).to.equal('INVALID_ARGUMENT EINVAL');
    await kernel.load(NAME, linear(8));
    await kernel.resume(NAME);
    await kernel.load(NAME, linear(1025));
    expect(await errnoOf(kernel.resume(NAME))).to.equal('INVALID_ARGUMENT EINVAL');
    const info = await kernel.info(NAME);
    expect([info.isSuspended, info.hasLiveTable, info.hasInactiveTable]).to.deep.equal([true, true, false]);
    await kernel.resume(NAME);
    expect(await kernel.table(NAME)).to.deep.equal(linear(8));
  });

  it('shares one open of a disk between its tables, and lists them last first', async () => {
    kernel.attach({ major: 7, minor: 1 }, new MemoryStore(1024 * 512));
    await up(NAME, [
      ...linear(8),
      { start: sectors(8), length: sectors(8), type: 'linear', params: '7:1 0' },
      { start: sectors(16), length: sectors(8), type: 'linear', params: '7:0 8' },
    ]);
    await kernel.load(NAME, linear(8));
    expect(kernel.openCount(DISK)).to.equal(1);
    expect(await kernel.deps(NAME)).to.deep.equal([{ major: 7, minor: 1 }, DISK]);
    await kernel.load(NAME, linear(8), { readOnly: true });
    expect(kernel.openCount(DISK)).to.equal(2);
    await kernel.resume(NAME);
    expect(kernel.openCount(DISK)).to.equal(1);
    expect((await kernel.info(NAME)).isReadOnly).to.equal(true);
  });

  it('gives the lowest free minor, and the one that is asked for', async () => {
    for (const name of ['a', 'b', 'c']) await kernel.create(deviceName(name));
    await kernel.remove(deviceName('b'));
    await kernel.create(deviceName('d'), { minor: 70 });
    await kernel.create(deviceName('e'));
    expect((await kernel.list()).map(({ name, number }) => `${name}${number.minor}`)).to.deep.equal([
      'a0',
      'c2',
      'd70',
      'e1',
    ]);
    expect(await errnoOf(kernel.create(deviceName('f'), { minor: 1 }))).to.equal('ALREADY_EXISTS ENXIO');
    expect(await errnoOf(kernel.create(deviceName('a')))).to.equal('ALREADY_EXISTS EBUSY');
  });
});
