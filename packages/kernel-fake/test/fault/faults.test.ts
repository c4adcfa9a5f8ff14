import { DmError, deviceName, sectors } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, MachineCrash, MemoryStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';

const DISK = { major: 7, minor: 0 };

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe('faults to order', () => {
  let kernel: FakeKernel;
  beforeEach(() => {
    kernel = createFakeKernel();
    kernel.attach(DISK, new MemoryStore(1024 * 512));
  });

  it('fail the nth call of a kind, once, with the errno that was asked for', async () => {
    kernel.faults.fail({ kind: 'create', device: /^x/u }, 'ENOMEM', { nth: 2 });
    await kernel.create(deviceName('x1'));
    await kernel.create(deviceName('y'));
    expect(await failureOf(kernel.create(deviceName('x2')))).to.include({ code: 'NO_SPACE', errno: 'ENOMEM' });
    await kernel.create(deviceName('x2'));
    expect((await kernel.list()).length).to.equal(3);
  });

  it('crash before a call, which then was not done, and at all calls after it', async () => {
    kernel.faults.crash({ kind: 'create' }, { nth: 2 });
    await kernel.create(deviceName('a'));
    expect(await failureOf(kernel.create(deviceName('b')))).to.be.instanceOf(MachineCrash);
    expect(await failureOf(kernel.list())).to.be.instanceOf(MachineCrash);
    expect(() => kernel.open(DISK)).to.throw(MachineCrash);
    expect(await kernel.reboot().list()).to.deep.equal([]);
  });

  it('crash after a call, whose I/O is then on the disk', () => {
    kernel.faults.crash({ kind: 'write', device: DISK }, { when: 'after' });
    const handle = kernel.open(DISK);
    expect(() => handle.write(0, new Uint8Array(512).fill(5))).to.throw(MachineCrash);
    handle.close();
    expect(kernel.reboot().open(DISK).read(0, 1024)[0]).to.equal(5);
  });

  it('make a disk bad in places', async () => {
    kernel.faults.disks.order(DISK, { operations: ['read'], from: 4096, to: 8192 });
    const name = deviceName('l');
    await kernel.create(name);
    await kernel.load(name, [{ start: sectors(0), length: sectors(32), type: 'linear', params: '7:0 0' }]);
    await kernel.resume(name);
    const handle = kernel.open((await kernel.info(name)).number);
    handle.write(0, new Uint8Array(16384).fill(1));
    expect(handle.read(0, 4096)[0]).to.equal(1);
    expect(() => handle.read(0, 8192))
      .to.throw(DmError)
      .with.property('errno', 'EIO');
    kernel.faults.disks.mend(DISK);
    expect(handle.read(0, 8192)[0]).to.equal(1);
  });
});
