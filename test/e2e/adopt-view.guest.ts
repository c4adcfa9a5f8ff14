import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openGraphDriver } from 'dmthin';
import { print } from '../guest/print.ts';
import { dmthin, textOf } from './support/dmthin.ts';
import { GuestPool } from './support/guest-pool.ts';
import { temporaryPlace } from './support/root.ts';

const SIZES = ['dm.fs=ext4', 'dm.basesize=24M', 'dm.loopdatasize=64M', 'dm.loopmetadatasize=4M'];

/** All files of a root, with what is in them. */
async function digests(root: string): Promise<readonly string[]> {
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Promise.all(
    paths.map(
      async (path) =>
        `${path} ${createHash('sha256')
          .update(await readFile(path))
          .digest('hex')}`,
    ),
  );
}

describe('dmthin adopt --mount on a real kernel', function () {
  this.timeout(120_000);

  for (const kind of ['over files', 'that was given'])
    it(`shows a layer of a pool ${kind}, read-only, and leaves the store as it was to the byte`, async () => {
      await using place = await temporaryPlace();
      const root = join(place.path, 'devicemapper');
      const pool =
        kind === 'over files' ? undefined : new GuestPool('given', place.path, { dataMiB: 64, metadataMiB: 4 });
      const storageOptions = [...SIZES, ...(pool === undefined ? [] : ['dm.thinpooldev=given'])];
      const driver = await openGraphDriver({ root, kernel: 'ioctl', storageOptions });
      await driver.create('layer');
      await writeFile(join(await driver.mount('layer'), 'file'), 'to be seen');
      await driver.close();

      const view = join(place.path, 'view');
      await mkdir(view);
      const environment = { DMTHIN_KERNEL: 'ioctl', DMTHIN_STORAGE_OPTS: storageOptions.join(' ') };
      const surroundings = { root: join(place.path, 'elsewhere'), environment };
      const before = await digests(root);
      await textOf(['adopt', root, '--mount', 'layer', '--at', view], surroundings);
      expect(await readFile(join(view, 'rootfs/file'), 'utf8')).to.equal('to be seen');
      const refused: unknown = await writeFile(join(view, 'rootfs/other'), '').catch((error: unknown) => error);
      expect(refused).to.include({ code: 'EROFS' });
      const again = await dmthin(['adopt', root, '--mount', 'layer', '--at', view], surroundings);
      expect(again.stderr).to.include('is active already');
      print('umount', view);
      expect(await digests(root)).to.deep.equal(before);
      pool?.remove();
      expect(print('dmsetup', 'ls')).to.equal('No devices found');
      // Where no udev runs, nobody takes the node of a device away that the kernel removes by itself.
      print('dmsetup', 'mknodes');
    });
});
