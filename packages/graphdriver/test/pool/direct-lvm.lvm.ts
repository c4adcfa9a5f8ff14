import { execFileSync } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, deviceName } from '@dmthin/domain';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { VolumeGroups } from '@dmthin/ports';
import { expect } from 'chai';
import { type DriverWorld, MIB } from '../driver/driver-world.ts';
import { read, write } from '../driver/layers.ts';
import { linuxWorlds } from '../driver/linux-world.ts';
import { errorOf } from '../support/expect-error.ts';

const POOL = deviceName('docker-thinpool');

async function disk({ ports, root }: DriverWorld): Promise<string> {
  const file = join(root, '..', 'disk');
  const handle = await open(file, 'w');
  await handle.truncate(512 * MIB);
  await handle.close();
  return (await ports.loopDevices.attach(file)).path;
}

const makeWorld = linuxWorlds(openIoctlKernel);
const lvm = (...words: readonly string[]): string =>
  execFileSync(words[0] ?? '', words.slice(1), { encoding: 'utf8', stdio: 'pipe' });

/** Takes LVM's devices down, so that the next test finds none. */
async function withDisk(use: (world: DriverWorld, device: string) => Promise<void>): Promise<void> {
  await using world = await makeWorld();
  const device = await disk(world);
  try {
    await use(world, device);
  } finally {
    for (const words of [
      ['vgremove', '-f', '-y', 'docker'],
      ['pvremove', '-f', '-y', device],
    ])
      try {
        lvm(...words);
      } catch {
        // Not every test makes one.
      }
  }
}

describe('direct-lvm with lvm2', function () {
  this.timeout(120_000);

  it('makes the pool of LVM that Docker makes, and uses it from then on', () =>
    withDisk(async (world, device) => {
      const first = await world.open([`dm.directlvm_device=${device}`, 'dm.thinp_autoextend_percent=30']);
      const status = await first.status();
      expect([status.poolName, status.blockSize]).to.deep.equal([POOL, bytes(512 * 1024)]);
      expect(Number(status.data.total)).to.be.within(460 * MIB, 486 * MIB);
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      expect(await first.check()).to.deep.equal([]);
      expect((await errorOf(first.resizePool({}), 'NOT_SUPPORTED')).remedy).to.include('lvextend');
      await first.close();
      expect(lvm('lvs', '--noheadings', '-o', 'lv_profile', 'docker/thinpool').trim()).to.equal('docker-thinpool');
      expect(await readFile('/etc/lvm/profile/docker-thinpool.profile', 'utf8')).to.include('autoextend_percent=30');
      const second = await world.open(['dm.thinpooldev=/dev/docker/thinpool']);
      expect(await read(second, 'a', 'file')).to.equal('kept');
      await second.close();
    }));

  for (const step of ['createGroup', 'createVolume', 'convertToThinPool', 'setAutoextend'] as const)
    it(`goes on where ${step} was done and its answer was lost (defect 12)`, () =>
      withDisk(async (world, device) => {
        const { volumeGroups } = world.ports;
        if (volumeGroups === undefined) throw new Error('no LVM');
        let isLosing = true;
        const losing = new Proxy(volumeGroups, {
          get: (target, name) => {
            const call = (Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>).bind(target);
            return async (...given: unknown[]) => {
              const answer = await call(...given);
              if (isLosing && name === step) throw new Error('the process ended here');
              return answer;
            };
          },
        });
        (world.ports as { volumeGroups: VolumeGroups }).volumeGroups = losing;
        await world.open([`dm.directlvm_device=${device}`]).then(
          () => expect.fail('it succeeded'),
          () => undefined,
        );
        isLosing = false;
        const driver = await world.open([`dm.directlvm_device=${device}`]);
        await driver.create('a');
        await driver.close();
      }));

  it('refuses a device with a filesystem, and leaves it as it is', () =>
    withDisk(async (world, device) => {
      await world.ports.filesystems.make(device, { type: 'ext4' });
      await errorOf(world.open([`dm.directlvm_device=${device}`]), 'CONFLICT');
      expect((await world.ports.filesystems.probe(device))?.type).to.equal('ext4');
      const driver = await world.open([`dm.directlvm_device=${device}`, 'dm.directlvm_device_force=true']);
      expect((await driver.status()).poolName).to.equal(POOL);
      await driver.close();
    }));
});
