import { chmod, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import type { MakeWorld } from '../driver-world.ts';
import { inside, write } from '../layers.ts';

export function mountCases(makeWorld: MakeWorld): void {
  describe('mounts', () => {
    it('counts who uses a mount: the last to let go unmounts it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const { deviceName } = await driver.create('a');
      const root = await driver.mount('a');
      expect(root).to.equal(join(driver.root, 'mnt', 'a', 'rootfs'));
      expect(await driver.mount('a')).to.equal(root);
      expect(driver.layer('a').mountPath).to.equal(root);
      await driver.unmount('a');
      expect(await world.ports.mounts.find(dirname(root))).to.not.equal(undefined);
      await driver.unmount('a');
      expect(await world.ports.mounts.find(dirname(root))).to.equal(undefined);
      expect(driver.layer('a').mountPath).to.equal(undefined);
      await errorOf(world.ports.kernel.info(deviceName), 'NOT_FOUND');
      await errorOf(stat(dirname(root)).catch(asNotThere), 'NOT_FOUND');
      const error = await errorOf(driver.unmount('a'), 'INVALID_ARGUMENT');
      expect(error.message).to.equal('layer "a" is not mounted');
      await driver.close();
    });

    it('keeps the mode of a root directory that was changed, and gives each layer its own id (defect 23)', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const idFile = (root: string): Promise<string> => readFile(join(root, '..', 'id'), 'utf8');
      await driver.create('a');
      await inside(driver, 'a', async (root) => {
        await chmod(root, 0o700);
        expect(await idFile(root)).to.equal('a');
      });
      await driver.create('b', { parent: 'a' });
      await inside(driver, 'b', async (root) => {
        expect((await stat(root)).mode & 0o7777).to.equal(0o700);
        expect(await idFile(root)).to.equal('b');
      });
      await driver.close();
    });

    it('copes with a mount that somebody took away by hand (defect 20)', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const { deviceName } = await driver.create('a');
      const root = await driver.mount('a');
      await world.ports.mounts.unmount(dirname(root));
      await driver.unmount('a');
      await errorOf(world.ports.kernel.info(deviceName), 'NOT_FOUND');
      await inside(driver, 'a', async () => undefined);
      await driver.close();
    });

    it('takes over the mounts that an earlier process left, each with one user', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      const root = await first.mount('a');
      await first.mount('a');
      await writeFile(join(root, 'file'), 'written');
      await first.release();
      const second = await world.open();
      expect(second.layer('a').mountPath).to.equal(root);
      expect(await readFile(join(root, 'file'), 'utf8')).to.equal('written');
      await second.unmount('a');
      expect(second.layer('a').mountPath).to.equal(undefined);
      await second.close();
    });

    it('finishes a mount whose process ended before it was ready for use', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      const root = await first.mount('a');
      await first.release();
      // As it was when the filesystem had just been mounted.
      await rmdir(root);
      const second = await world.open();
      expect(await second.mount('a')).to.equal(root);
      await writeFile(join(root, 'file'), 'written');
      await second.unmount('a');
      await second.unmount('a');
      expect(second.layer('a').mountPath).to.equal(undefined);
      await second.close();
    });

    it('takes over a device that an earlier process left active without a mount', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      const root = await first.mount('a');
      await first.release();
      await world.ports.mounts.unmount(dirname(root));
      const second = await world.open();
      await inside(second, 'a', async (again) => expect(await readFile(join(again, 'file'), 'utf8')).to.equal('kept'));
      await second.close();
      expect(await world.ports.kernel.list()).to.deep.equal([]);
    });

    it('defers the removal of a mounted layer, where it may, until it is unmounted', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await driver.mount('a');
      await driver.remove('a');
      expect(driver.layer('a').isDeleted).to.equal(true);
      expect((await driver.status()).deferredDeletedCount).to.equal(1);
      await errorOf(driver.create('b', { parent: 'a' }), 'CONFLICT');
      await errorOf(driver.create('a'), 'ALREADY_EXISTS');
      await driver.unmount('a');
      await errorOf(driver.mount('a'), 'CONFLICT');
      await driver.remove('a');
      expect(driver.exists('a')).to.equal(false);
      await driver.close();
    });

    it('refuses to remove a mounted layer where deletion is not deferred, and says how often it is mounted', async () => {
      await using world = await makeWorld();
      const driver = await world.open(['dm.use_deferred_removal=false', 'dm.use_deferred_deletion=false']);
      await driver.create('a');
      await driver.mount('a');
      await driver.mount('a');
      const error = await errorOf(driver.remove('a'), 'BUSY');
      expect(error.message).to.equal('failed to remove device a: it is mounted, 2 times');
      await driver.unmount('a');
      await driver.unmount('a');
      await driver.remove('a');
      await driver.close();
    });
  });
}

async function asNotThere(error: unknown): Promise<never> {
  const { DmError } = await import('@dmthin/domain');
  throw new DmError((error as { code: string }).code === 'ENOENT' ? 'NOT_FOUND' : 'IO', String(error));
}
