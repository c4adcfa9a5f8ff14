import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { CONTROL_PATH } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { KERNELS } from './kernels.ts';
import { freshName, runModule, table } from './machine.ts';

/** What scripts/guest-init loads, each after what it stands on. */
const MODULES = ['dm-mod', 'dm-bufio', 'dm-thin-pool', 'dm-zero', 'dm-flakey', 'dm-delay', 'dm-log-writes'];
const AUTOLOADER = '/proc/sys/kernel/modprobe';
const NOBODY = 65534;

describe('whether there is a device-mapper', () => {
  const autoloader = readFileSync(AUTOLOADER, 'utf8');
  beforeEach(() => {
    writeFileSync(AUTOLOADER, '/bin/false');
    execFileSync('modprobe', ['--remove', ...MODULES.toReversed()]);
  });
  afterEach(() => {
    writeFileSync(AUTOLOADER, autoloader);
    rmSync(CONTROL_PATH, { force: true });
    // Its node is made with the module: one that was there before is not made again.
    execFileSync('modprobe', ['--remove', 'dm-mod']);
    execFileSync('modprobe', ['--all', ...MODULES]);
  });

  for (const [kind, open] of Object.entries(KERNELS)) {
    it(`is told where the module is missing: ${kind}`, async () => {
      const failure = await failureOf(open());
      expect(failure).to.have.property('code', 'UNAVAILABLE');
      expect(failure.remedy).to.include('modprobe dm_mod');
    });

    it(`is told where a node is there without its driver: ${kind}`, async () => {
      mkdirSync(dirname(CONTROL_PATH), { recursive: true });
      execFileSync('mknod', [CONTROL_PATH, 'c', '10', '236']);
      const failure = await failureOf(open());
      expect(failure).to.include({ code: 'UNAVAILABLE', errno: 'ENODEV' });
      expect(failure.message).to.include('the kernel has no device-mapper driver');
    });

    it(`is told where the module of thin pools is missing: ${kind}`, async () => {
      execFileSync('modprobe', ['dm-mod']);
      const kernel = await open();
      const device = freshName('no-module');
      await kernel.create(device);
      const failure = await failureOf(kernel.load(device, table(1024, 'thin-pool', '/dev/loop0 /dev/loop1 128 0')));
      expect(failure).to.include({ code: 'INVALID_ARGUMENT', errno: 'EINVAL' });
      expect(failure.remedy).to.equal('Load its module, if there is one: modprobe dm-thin-pool.');
      await kernel.remove(device);
      await kernel.close();
    });
  }
});

describe('a person without rights', () => {
  for (const [kind, name] of [
    ['ioctl', 'openIoctlKernel'],
    ['dmsetup', 'openDmsetupKernel'],
  ])
    it(`is told that rights are missing: ${kind}`, () => {
      const { output } = runModule(
        `
        import { ${name} } from '@dmthin/kernel-${kind}';
        await ${name}().catch((error) => console.log(error.code, error.remedy));`,
        NOBODY,
      );
      expect(output).to.match(/^NOT_PERMITTED Run as root, or with CAP_SYS_ADMIN and write access to /u);
    });
});
