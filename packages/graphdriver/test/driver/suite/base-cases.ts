import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import { type MakeWorld, MIB } from '../driver-world.ts';
import { inside, write } from '../layers.ts';

/** TestDaemonRestartWithInvalidBasesize and WithIncreasedBasesize (docker-devicemapper.md 9.3), and the choice of a filesystem. */
export function baseCases(makeWorld: MakeWorld): void {
  describe('the base device', () => {
    it('grows when dm.basesize does, for new layers, and not for those that are there', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('old');
      await first.close();
      const second = await world.open(['dm.basesize=40M']);
      expect((await second.status()).rows).to.deep.include(['Base Device Size', '41.94MB']);
      expect((await second.create('new')).size).to.equal(BigInt(40 * MIB));
      expect(second.layer('old').size).to.equal(BigInt(20 * MIB));
      await inside(second, 'new', (root) => writeFile(join(root, 'fill'), Buffer.alloc(28 * MIB, 1)));
      await second.close();
    });

    it('refuses to shrink', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('kept');
      await first.close();
      const error = await errorOf(world.open(['dm.basesize=16M']), 'INVALID_ARGUMENT');
      expect(error.message).to.equal('devmapper: Base device size cannot be smaller than 20.97MB');
      expect(await world.ports.kernel.list()).to.deep.equal([]);
      const again = await world.open();
      expect(again.exists('kept')).to.equal(true);
      await again.close();
    });

    it('has the filesystem that is asked for, and keeps it', async () => {
      await using world = await makeWorld();
      const first = await world.open(['dm.fs=ext4']);
      await first.create('a');
      await write(first, 'a', { file: 'x' });
      expect((await first.status()).backingFilesystem).to.equal('ext4');
      await first.close();
      const second = await world.open(['dm.fs=xfs']);
      expect((await second.status()).backingFilesystem).to.equal('ext4');
      expect(world.log.at(-1)?.message ?? '').to.be.a('string');
      expect(
        world.log.some(({ message }) => message.includes('User specified filesystem xfs will be ignored')),
      ).to.equal(true);
      await inside(second, 'a', async () => undefined);
      await second.close();
    });

    it('leaves nothing active behind', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const names = (await world.ports.kernel.list()).map(({ name }) => name);
      expect(names).to.deep.equal([(await driver.status()).poolName]);
      await driver.close();
    });
  });
}
