import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import { type DriverWorld, type MakeWorld, MIB } from '../driver-world.ts';
import { inside, read } from '../layers.ts';

export function closeCases(makeWorld: MakeWorld): void {
  describe('close and release', () => {
    it('close unmounts all, and leaves no device, loop device or mount', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      for (const id of ['a', 'b', 'c']) {
        await driver.create(id);
        await writeFile(join(await driver.mount(id), 'file'), id);
      }
      await driver.close();
      await driver.close();
      expect(await world.ports.kernel.list()).to.deep.equal([]);
      expect(await world.ports.loopDevices.list()).to.deep.equal([]);
      expect(await mountsOf(world)).to.deep.equal([]);
      const again = await world.open();
      expect(await read(again, 'b', 'file')).to.equal('b');
      await again.close();
    });

    it('refuses everything afterwards', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await driver.close();
      await errorOf(driver.create('b'), 'CLOSED');
      await errorOf(driver.mount('a'), 'CLOSED');
      await errorOf(driver.status(), 'CLOSED');
      await errorOf(driver.diff('a')[Symbol.asyncIterator]().next(), 'CLOSED');
      expect(() => driver.layers()).to.throw('closed');
      expect(() => driver.exists('a')).to.throw('closed');
    });

    it('ends a diff that is under way, and waits for what cannot be ended', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await inside(driver, 'a', (root) => writeFile(join(root, 'big'), Buffer.alloc(4 * MIB, 7)));
      const diff = driver.diff('a')[Symbol.asyncIterator]();
      await diff.next();
      const creating = driver.create('b');
      await driver.close();
      expect((await creating).id).to.equal('b');
      await errorOf(diff.next(), 'CLOSED');
      expect(await mountsOf(world)).to.deep.equal([]);
      expect(await world.ports.kernel.list()).to.deep.equal([]);
    });

    it('release leaves mounts and pool as they are', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const root = await driver.mount('a');
      await driver.release();
      await errorOf(driver.create('b'), 'CLOSED');
      await writeFile(join(root, 'later'), 'l');
      expect(await mountsOf(world)).to.have.length(1);
      expect(await world.ports.kernel.list()).to.have.length(2);
      const again = await world.open();
      await again.unmount('a');
      expect(await read(again, 'a', 'later')).to.equal('l');
      await again.close();
    });

    it('is left by the end of its scope', async () => {
      await using world = await makeWorld();
      {
        await using driver = await world.open();
        await driver.create('a');
      }
      expect(await world.ports.kernel.list()).to.deep.equal([]);
    });
  });
}

async function mountsOf({ ports, root }: DriverWorld): Promise<readonly string[]> {
  return (await ports.mounts.list()).map(({ target }) => target).filter((target) => target.startsWith(root));
}
