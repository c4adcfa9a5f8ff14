import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  BLOCK_DEVICES,
  devicePath,
  driverModules,
  KERNEL,
  type KernelName,
  LOOP_DEVICES,
  parseSize,
  THIN_POOL,
  volumeId,
} from 'dmthin';
import { Container } from 'inversify';

describe('openThinPool on a real kernel', function () {
  this.timeout(300_000);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dmthin-pool-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  for (const kernel of ['ioctl', 'dmsetup'] satisfies readonly KernelName[])
    it(`shares blocks until one side writes, with kernel ${kernel}`, async () => {
      const container = new Container({ defaultScope: 'Singleton' });
      container.load(...driverModules({ root, kernel, storageOptions: ['dm.loopdatasize=256M'] }));
      const pool = await container.getAsync(THIN_POOL);
      const devices = await container.getAsync(BLOCK_DEVICES);
      const write = async (id: string, text: string): Promise<void> => {
        const device = await devices.open(devicePath(await pool.activate(volumeId(id))));
        await device.write(0n, Buffer.alloc(4096, text));
        await device.close();
      };
      const read = async (id: string): Promise<string> => {
        const device = await devices.open(devicePath(await pool.activate(volumeId(id))), { readOnly: true });
        const text = Buffer.from(await device.read(0n, 512)).toString('utf8', 0, 2);
        await device.close();
        return text;
      };
      await pool.create(volumeId('db'), parseSize('1G'));
      await write('db', 'aa');
      await pool.snapshot(volumeId('db-1'), volumeId('db'));
      await write('db-1', 'bb');
      expect([await read('db'), await read('db-1')]).to.deep.equal(['aa', 'bb']);
      for (const id of ['db-1', 'db']) {
        await pool.deactivate(volumeId(id));
        await pool.delete(volumeId(id));
      }
      // It stays up when it is closed, for whoever opens it next.
      const name = pool.name;
      const kernelPort = await container.getAsync(KERNEL);
      const loops = await container.getAsync(LOOP_DEVICES);
      await kernelPort.remove(name);
      for (const loop of await loops.list()) await loops.detach(loop);
      await container.unbindAllAsync();
    });
});
