import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountRequest } from '@dmthin/ports';
import { expect } from 'chai';
import { fakeWorld } from '../driver/driver-world.ts';

describe('what a layer is mounted with', function () {
  this.timeout(60_000);

  for (const [type, first] of [
    ['xfs', ['nouuid']],
    ['ext4', []],
  ] as const)
    it(`of ${type}: its own words, those of dm.mountopt, and the label, in Docker's order`, async () => {
      const requests: MountRequest[] = [];
      await using world = await fakeWorld('docker', ({ mounts }) => ({
        mounts: {
          find: (target) => mounts.find(target),
          list: () => mounts.list(),
          sync: (target) => mounts.sync(target),
          unmount: (target, options) => mounts.unmount(target, options),
          mount: async (request) => {
            requests.push(request);
            await mounts.mount({
              ...request,
              options: request.options?.filter((word) => !word.startsWith('context=')),
            });
          },
        },
      }));
      const driver = await world.open([`dm.fs=${type}`, 'dm.mountopt=noatime,discard', 'dm.mountopt=nodev']);
      const { deviceName } = await driver.create('a');
      await driver.mount('a', { label: 'system_u:object_r:svirt_t:s0:c1,c2' });
      expect(requests.at(-1)).to.deep.equal({
        source: `/dev/mapper/${deviceName}`,
        target: join(driver.root, 'mnt', 'a'),
        type,
        options: [...first, 'noatime', 'discard', 'nodev', 'context="system_u:object_r:svirt_t:s0:c1,c2"'],
      });
      // Whoever else mounts it takes it as it is, label or not.
      await driver.mount('a', { label: 'another' });
      expect(requests.filter(({ source }) => source.endsWith(deviceName))).to.have.length(1);
      await driver.close();
    });

  it('sets dm.xfs_nospace_max_retries on xfs after each mount, and not on ext4', async () => {
    for (const type of ['xfs', 'ext4']) {
      const set: [string, bigint][] = [];
      await using world = await fakeWorld('docker', ({ filesystems }) => ({
        filesystems: {
          supported: () => filesystems.supported(),
          probe: (path) => filesystems.probe(path),
          make: (path, options) => filesystems.make(path, options),
          grow: (path, target, what) => filesystems.grow(path, target, what),
          setNoSpaceRetries: async (path, retries) => {
            set.push([path, retries]);
            await filesystems.setNoSpaceRetries(path, retries);
          },
        },
      }));
      const driver = await world.open([`dm.fs=${type}`, 'dm.xfs_nospace_max_retries=5']);
      const { deviceName } = await driver.create('a');
      for (const _ of [1, 2]) {
        await driver.mount('a');
        await driver.unmount('a');
      }
      const expected: [string, bigint] = [`/dev/mapper/${deviceName}`, 5n];
      expect(set).to.deep.equal(type === 'xfs' ? [expected, expected] : []);
      await driver.close();
    }
  });

  it('gives a new root directory to the root of the user namespace, and leaves one that is there', async () => {
    const owners: [string, number, number][] = [];
    await using world = await fakeWorld('docker', ({ fileAttributes }) => ({
      fileAttributes: new Proxy(fileAttributes, {
        get: (target, name) => {
          if (name === 'changeOwner')
            return async (path: string, uid: number, gid: number) => void owners.push([path, uid, gid]);
          const member: unknown = Reflect.get(target, name);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      }),
    }));
    const range = { containerId: 0, hostId: 231_072, size: 65_536 };
    const driver = await world.open([], { idMaps: { users: [range], groups: [range] } });
    await driver.create('a');
    const root = await driver.mount('a');
    await writeFile(join(root, 'file'), 'x');
    await driver.unmount('a');
    await driver.mount('a');
    expect(owners).to.deep.equal([[root, 231_072, 231_072]]);
    await driver.close();
  });
});
