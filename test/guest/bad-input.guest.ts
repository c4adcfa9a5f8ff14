import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { type DeviceName, deviceName, devicePath, sectors } from '@dmthin/domain';
import { openDmsetupKernel } from '@dmthin/kernel-dmsetup';
import { decodeHeader, encodeHeader, openControlDevice, openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { Kernel } from '@dmthin/ports';
import { expect } from 'chai';
import { KERNELS } from './kernels.ts';
import { activation, freshName, table } from './machine.ts';

for (const [kind, open] of Object.entries(KERNELS))
  describe(`bad input: ${kind}`, () => {
    let kernel: Kernel;
    let there: readonly DeviceName[];
    const names = async (): Promise<readonly DeviceName[]> => (await kernel.list()).map(({ name }) => name);

    beforeEach(async () => {
      kernel = await open();
      there = await names();
    });
    afterEach(async () => {
      expect(await names(), 'devices left behind').to.deep.equal(there);
      await kernel.close();
    });

    /** Loads a table that is refused, and removes the device that was made for it. */
    async function refusedTable(type: string, params: string): Promise<string> {
      const device = freshName('refused');
      await kernel.create(device);
      const { code, errno, message, remedy } = await failureOf(kernel.load(device, table(1024, type, params)));
      expect(message).to.include(device);
      await kernel.remove(device);
      return `${code} ${errno} ${remedy ?? ''}`.trim();
    }

    it('a pool that does not exist', async () => {
      expect(await refusedTable('thin', '/dev/mapper/dmthin-test-no-pool 0')).to.equal('NOT_FOUND ENODEV');
      const failure = await failureOf(kernel.message(freshName('no-pool'), sectors(0), 'create_thin 0'));
      expect(failure).to.include({ code: 'NOT_FOUND', errno: 'ENXIO', operation: 'message' });
    });

    it('a device that is no thin pool', async () => {
      const zero = freshName('zero');
      await kernel.sequence(activation(zero, table(8, 'zero')));
      expect(await refusedTable('thin', `${devicePath(zero)} 0`)).to.equal('INVALID_ARGUMENT EINVAL');
      const failure = await failureOf(kernel.message(zero, sectors(0), 'create_thin 0'));
      expect(failure).to.include({ code: 'INVALID_ARGUMENT', errno: 'EINVAL', operation: 'message', subject: zero });
      await kernel.remove(zero);
    });

    it('a target that no module has, with what to do about it', async () => {
      const remedy = 'Load its module, if there is one: modprobe dm-dmthin-none.';
      expect(await refusedTable('dmthin-none', '')).to.equal(`INVALID_ARGUMENT EINVAL ${remedy}`);
    });

    it('names that dmsetup would mangle are what they are, to the other kernel too', async () => {
      for (const odd of ['dmthin-test a b', 'dmthin-test\t"\\x20"', 'dmthin-test-ü,;#%', "dmthin-test-*?[$(id)]'\n"]) {
        const device = deviceName(odd);
        await kernel.sequence(activation(device, table(8, 'zero')));
        expect(existsSync(devicePath(device)), JSON.stringify(odd)).to.equal(true);
        for (const openOther of Object.values(KERNELS)) {
          const other = await openOther();
          expect((await other.list()).map(({ name }) => name)).to.include(odd);
          expect(await other.info(device)).to.include({ name: odd, hasLiveTable: true });
          await other.close();
        }
        await kernel.remove(device);
        expect(existsSync(devicePath(device)), JSON.stringify(odd)).to.equal(false);
      }
    });
  });

describe('bad input: a reply whose payload is cut short', () => {
  it('is CORRUPT to the ioctl kernel, whatever was asked', async () => {
    const device = freshName('cut');
    const whole = await openIoctlKernel();
    await whole.sequence(activation(device, table(8, 'zero')));
    const control = openControlDevice();
    const cut = await openIoctlKernel({
      ioctl: async (request, buffer) => {
        const reply = control.ioctl(request, buffer);
        const header = decodeHeader(buffer);
        if (header.dataSize > header.dataStart) encodeHeader(buffer, { ...header, dataSize: header.dataStart + 7 });
        return reply;
      },
    });
    for (const ask of [() => cut.table(device), () => cut.status(device), () => cut.list(), () => cut.targets()])
      expect((await failureOf(ask())).code).to.equal('CORRUPT');
    await cut.close();
    control.close();
    await whole.remove(device);
    await whole.close();
  });
});

describe('bad input: a dmsetup that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dmthin-killed-'));
  after(() => rmSync(folder, { recursive: true }));

  /** dmsetup, which a signal ends once it has done what `create` asks for. */
  function mortal(): string {
    const program = join(folder, 'dmsetup');
    writeFileSync(
      program,
      '#!/bin/sh\ndmsetup "$@"; status=$?\ncase "$*" in *" create "*) kill -9 $$ ;; esac\nexit $status\n',
    );
    chmodSync(program, 0o755);
    return program;
  }

  it('while it makes a device: nothing of it is left', async () => {
    const kernel = await openDmsetupKernel({ program: mortal() });
    const device = freshName('killed');
    const failure = await failureOf(kernel.create(device));
    expect(failure).to.include({ code: 'UNAVAILABLE', operation: 'create', subject: device, undoError: undefined });
    expect(failure.message).to.include('SIGKILL');
    expect((await failureOf(kernel.info(device))).code).to.equal('NOT_FOUND');
    await kernel.close();
  });

  it('while it waits for I/O: the caller is told, and the device is as it was', async () => {
    const kernel = await openDmsetupKernel();
    const [below, above] = [freshName('below'), freshName('above')];
    await kernel.sequence([
      ...activation(below, table(2048, 'zero')),
      ...activation(above, table(2048, 'linear', `${devicePath(below)} 0`)),
      { command: 'suspend', device: below },
    ]);
    const writer = spawn('dd', ['if=/dev/zero', `of=${devicePath(above)}`, 'bs=4k', 'count=1', 'oflag=direct']);
    const written = new Promise((resolve) => writer.on('exit', resolve));
    const inFlight = `/sys/block/dm-${(await kernel.info(above)).number.minor}/inflight`;
    while (/^\s*0\s+0\s*$/u.test(readFileSync(inFlight, 'utf8')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const suspending = failureOf(kernel.suspend(above));
    const isRunning = (): string =>
      execFileSync('pgrep', ['--parent', `${process.pid}`, '--full', `suspend ${above}`], { encoding: 'utf8' });
    let pid = '';
    while (pid === '')
      try {
        pid = isRunning().trim();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    process.kill(Number(pid), 'SIGKILL');
    expect(await suspending).to.include({ code: 'UNAVAILABLE', operation: 'suspend', subject: above });
    await kernel.resume(below);
    await written;
    expect(await kernel.info(above)).to.include({ isSuspended: false, hasLiveTable: true });
    await kernel.sequence([above, below].map((device) => ({ command: 'remove', device })));
    await kernel.close();
  });
});
