import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { failureOf } from '@dmthin/conformance';
import { devicePath } from '@dmthin/domain';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { Kernel } from '@dmthin/ports';
import { expect } from 'chai';
import { KERNELS } from './kernels.ts';
import { activation, freshName, table } from './machine.ts';

function semaphores(): number {
  return readFileSync('/proc/sysvipc/sem', 'utf8').trim().split('\n').length - 1;
}

describe('udev', () => {
  afterEach(() => expect(semaphores(), 'semaphores that were left behind').to.equal(0));

  for (const [name, open] of Object.entries(KERNELS))
    describe(`under ${name}`, () => {
      let kernel: Kernel;
      before(async () => {
        kernel = await open();
        expect(kernel.capabilities.udevSync).to.equal(true);
      });
      after(() => kernel.close());

      it('is done with the device when the change resolves: the link is its own', async () => {
        const device = freshName('udev');
        await kernel.sequence(activation(device, table(8, 'zero')));
        expect(lstatSync(devicePath(device)).isSymbolicLink()).to.equal(true);
        const uevents = execFileSync('udevadm', ['info', devicePath(device)], { encoding: 'utf8' });
        expect(uevents).to.include(`DM_NAME=${device}`);
        await kernel.remove(device);
        expect(existsSync(devicePath(device))).to.equal(false);
      });

      it('is not waited for where a change failed, or made no uevent', async () => {
        const device = freshName('no-uevent');
        const begun = performance.now();
        expect((await failureOf(kernel.remove(device))).code).to.equal('NOT_FOUND');
        await kernel.create(device);
        await kernel.remove(device);
        expect(performance.now() - begun).to.be.below(10_000);
      });
    });

  describe('that does not answer', () => {
    let kernel: Kernel;
    before(async () => {
      kernel = await openIoctlKernel({ udevLimitMs: 1500 });
    });
    after(() => kernel.close());

    it('is given up: the change is done, and the error says so (defect 15)', async () => {
      const device = freshName('stopped');
      execFileSync('udevadm', ['control', '--stop-exec-queue']);
      const failure = await failureOf(kernel.sequence(activation(device, table(8, 'zero'))));
      expect(failure.code).to.equal('TIMED_OUT');
      expect(failure.remedy).to.include('The change itself is done');
      expect(await kernel.info(device)).to.include({ hasLiveTable: true });
      execFileSync('udevadm', ['control', '--start-exec-queue']);
      execFileSync('udevadm', ['settle']);
      await kernel.remove(device);
    });

    it('keeps no semaphore of a process that exits meanwhile', async () => {
      const device = freshName('exits');
      execFileSync('udevadm', ['control', '--stop-exec-queue']);
      const script = `
      import { openIoctlKernel } from '@dmthin/kernel-ioctl';
      const kernel = await openIoctlKernel({ udevLimitMs: 60_000 });
      kernel.sequence([
        { command: 'create', device: '${device}' },
        { command: 'load', device: '${device}', table: [{ start: 0n, length: 8n, type: 'zero', params: '' }] },
        { command: 'resume', device: '${device}' },
      ]).catch(() => undefined);
      setTimeout(() => process.exit(3), 1500);`;
      const begun = performance.now();
      expect(() =>
        execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname }),
      ).to.throw();
      expect(performance.now() - begun, 'the exit does not wait for udev').to.be.below(20_000);
      expect(semaphores()).to.equal(0);
      execFileSync('udevadm', ['control', '--start-exec-queue']);
      execFileSync('udevadm', ['settle']);
      await kernel.remove(device);
    });
  });
});
