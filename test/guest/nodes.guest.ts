import { execFileSync } from 'node:child_process';
import { lstatSync, rmSync, writeFileSync } from 'node:fs';
import { failureOf } from '@dmthin/conformance';
import { decodeDevice, devicePath } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import { expect } from 'chai';
import { KERNELS } from './kernels.ts';
import { activation, freshName, table } from './machine.ts';
import { deferredNodeCase, nodeCases } from './node-cases.ts';

for (const [name, open] of Object.entries(KERNELS))
  describe(`the nodes under /dev/mapper, where no udev runs: ${name}`, () => {
    let kernel: Kernel;
    before(async () => {
      kernel = await open();
    });
    after(() => kernel.close());

    nodeCases(() => kernel);

    it("are root's and the disk group's, as libdm makes them", async () => {
      const device = freshName('mode');
      await kernel.sequence(activation(device, table(8, 'zero')));
      const { mode, uid, gid } = lstatSync(devicePath(device));
      expect({ mode: mode & 0o777, uid, gid }).to.deep.equal({ mode: 0o660, uid: 0, gid: 6 });
      await kernel.remove(device);
    });

    // dmsetup's nodes are libdm's, with ways of its own (docs/decisions/0031-runs-of-dmsetup.md).
    if (name === 'dmsetup') return;

    deferredNodeCase(() => kernel);

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
