import { readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { devicePath } from '@dmthin/domain';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { errorOf } from '../support/expect-error.ts';
import { MIB } from './driver-world.ts';
import { inside, read, write } from './layers.ts';
import { linuxWorlds } from './linux-world.ts';

/** The least that mkfs.xfs makes. */
const XFS = ['dm.fs=xfs', 'dm.basesize=300M', 'dm.loopdatasize=2G'];

describe('graph driver on Linux with xfs', function () {
  this.timeout(120_000);
  const makeWorld = linuxWorlds(openIoctlKernel);

  it('mounts a layer and its snapshots at the same time, though they have one uuid', async () => {
    await using world = await makeWorld();
    const driver = await world.open(XFS);
    await driver.create('a');
    await write(driver, 'a', { file: 'one' });
    await driver.create('b', { parent: 'a' });
    const [a, b] = [await driver.mount('a'), await driver.mount('b')];
    await writeFile(join(b, 'file'), 'two');
    expect([await readFile(join(a, 'file'), 'utf8'), await readFile(join(b, 'file'), 'utf8')]).to.deep.equal([
      'one',
      'two',
    ]);
    expect(await driver.changes('b', 'a')).to.deep.equal([{ path: '/file', kind: 'modify' }]);
    await driver.close();
    const again = await world.open(XFS);
    expect((await again.status()).backingFilesystem).to.equal('xfs');
    expect(await read(again, 'b', 'file')).to.equal('two');
    await again.close();
  });

  it('snapshots a mounted layer whole: what was written before is there, without a sync', async () => {
    await using world = await makeWorld();
    const driver = await world.open(XFS);
    await driver.create('live');
    const root = await driver.mount('live');
    await writeFile(join(root, 'before'), Buffer.alloc(8 * MIB, 3));
    await driver.create('copy', { parent: 'live' });
    await inside(driver, 'copy', async (copy) =>
      expect((await readFile(join(copy, 'before'))).equals(Buffer.alloc(8 * MIB, 3))).to.equal(true),
    );
    await driver.close();
  });

  it('grows the filesystem of a larger layer', async () => {
    await using world = await makeWorld();
    const driver = await world.open(XFS);
    await driver.create('small');
    await driver.create('large', { parent: 'small', storageOptions: { size: '700M' } });
    await inside(driver, 'large', async (root) => {
      const { blocks, bsize } = await statfs(root);
      expect(blocks * bsize).to.be.above(600 * MIB);
    });
    await driver.close();
  });

  it('tells xfs how often to try where there is no space', async () => {
    await using world = await makeWorld();
    const driver = await world.open([...XFS, 'dm.xfs_nospace_max_retries=3']);
    const { deviceName } = await driver.create('a');
    await inside(driver, 'a', async () => {
      const { minor } = await world.ports.blockDevices.identify(devicePath(deviceName));
      const file = `/sys/fs/xfs/dm-${minor}/error/metadata/ENOSPC/max_retries`;
      expect(await readFile(file, 'utf8')).to.equal('3\n');
    });
    await driver.close();
  });

  it('leaves nothing active or mounted where a mount option is refused', async () => {
    await using world = await makeWorld();
    const driver = await world.open([...XFS, 'dm.mountopt=no_such_option']);
    await driver.create('a');
    const error = await errorOf(driver.mount('a'), 'INVALID_ARGUMENT');
    expect(error.message).to.include('no_such_option');
    expect((await world.ports.kernel.list()).map(({ name }) => name)).to.deep.equal([(await driver.status()).poolName]);
    await driver.close();
  });
});
