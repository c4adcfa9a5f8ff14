import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverModules, KERNEL, type KernelName, LOOP_DEVICES, THIN_POOL, volumeId } from 'dmthin';
import { Container } from 'inversify';
import { expectSharedBlocks } from './shared-blocks.ts';

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
      await expectSharedBlocks(container);
      const pool = await container.getAsync(THIN_POOL);
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
