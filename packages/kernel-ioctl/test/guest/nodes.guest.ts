import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, lstatSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { decodeDevice, devicePath } from '@dmthin/domain';
import { type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { activation, failureOf, freshName, sleep, table } from './machine.ts';

describe('the nodes under /dev/mapper', () => {
  let kernel: IoctlKernel;
  before(async () => {
    kernel = await openIoctlKernel();
  });
  after(() => kernel.close());

  it('are there when an activation resolves, lead to the device, and go with it', async () => {
    const device = freshName('node');
    await kernel.sequence(activation(device, table(8, 'zero')));
    const node = statSync(devicePath(device));
    expect(node.isBlockDevice()).to.equal(true);
    expect(decodeDevice(BigInt(node.rdev))).to.deep.equal((await kernel.info(device)).number);
    await kernel.remove(device);
    expect(existsSync(devicePath(device))).to.equal(false);
  });

  it('follow a rename', async () => {
    const [device, to] = [freshName('old'), freshName('new')];
    await kernel.sequence(activation(device, table(8, 'zero')));
    await kernel.rename(device, to);
    expect([existsSync(devicePath(device)), existsSync(devicePath(to))]).to.deep.equal([false, true]);
    await kernel.remove(to);
    expect(existsSync(devicePath(to))).to.equal(false);
  });

  it('can be named by the next table of the same sequence', async () => {
    const [below, above] = [freshName('below'), freshName('above')];
    await kernel.sequence([
      ...activation(below, table(8, 'zero')),
      ...activation(above, table(8, 'linear', `${devicePath(below)} 0`)),
    ]);
    await kernel.sequence([
      { command: 'remove', device: above },
      { command: 'remove', device: below },
    ]);
  });

  it('stay while a deferred removal waits, and go after it', async () => {
    const device = freshName('deferred');
    await kernel.sequence(activation(device, table(8, 'zero')));
    const fd = openSync(devicePath(device), 'r');
    await kernel.remove(device, { deferred: true });
    expect(existsSync(devicePath(device))).to.equal(true);
    expect(await kernel.info(device)).to.include({ isDeferredRemove: true, openCount: 1 });
    closeSync(fd);
    for (let tries = 0; tries < 50 && existsSync(devicePath(device)); tries += 1) {
      await sleep(100);
      await kernel.list();
    }
    expect(existsSync(devicePath(device))).to.equal(false);
    expect((await failureOf(kernel.info(device))).code).to.equal('NOT_FOUND');
  });

  describe('where no udev runs', () => {
    before(function () {
      if (kernel.capabilities.udevSync) this.skip();
    });

    it("are root's and the disk group's, as libdm makes them", async () => {
      const device = freshName('mode');
      await kernel.sequence(activation(device, table(8, 'zero')));
      const { mode, uid, gid } = lstatSync(devicePath(device));
      expect({ mode: mode & 0o777, uid, gid }).to.deep.equal({ mode: 0o660, uid: 0, gid: 6 });
      await kernel.remove(device);
    });

    it('replace stale ones, whatever they led to', async () => {
      const device = freshName('stale');
      const path = devicePath(device);
      for (const makeStale of [
        () => execFileSync('mknod', [path, 'b', '7', '63']),
        () => execFileSync('ln', ['-s', '../no-such-device', path]),
        () => execFileSync('ln', ['-s', '../loop0', path]),
      ]) {
        makeStale();
        await kernel.sequence(activation(device, table(8, 'zero')));
        expect(decodeDevice(BigInt(lstatSync(path).rdev))).to.deep.equal((await kernel.info(device)).number);
        await kernel.remove(device);
        expect(lstatSync(path, { throwIfNoEntry: false })).to.equal(undefined);
      }
    });

    it('never replace a file that is no device', async () => {
      const device = freshName('file');
      writeFileSync(devicePath(device), 'precious');
      const failure = await failureOf(kernel.sequence(activation(device, table(8, 'zero'))));
      expect(failure.code).to.equal('CONFLICT');
      expect(failure.message).to.include('no block device');
      await kernel.remove(device);
      expect(lstatSync(devicePath(device)).isFile()).to.equal(true);
      rmSync(devicePath(device));
    });
  });
});
