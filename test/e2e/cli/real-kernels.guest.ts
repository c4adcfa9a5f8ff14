import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openGraphDriver } from 'dmthin';
import { dmthin, jsonOf, SMALL, type Surroundings, textOf } from '../support/dmthin.ts';
import { ordinaryUser, temporaryPlace } from '../support/root.ts';

const storageOptions = [...SMALL, 'dm.fs=ext4'];

describe('the command on a real kernel, from its bundle', function () {
  this.timeout(300_000);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dmthin-cli-'));
  });
  afterEach(async () => {
    // The command leaves the pool up for the next; here there is none.
    await (await openGraphDriver({ root, kernel: 'ioctl', storageOptions })).close();
    await rm(root, { recursive: true });
  });

  for (const kernel of ['ioctl', 'dmsetup'])
    it(`makes, mounts, snapshots and removes layers with kernel ${kernel}, a process each`, async () => {
      const surroundings: Surroundings = {
        root,
        environment: { DMTHIN_KERNEL: kernel, DMTHIN_STORAGE_OPTS: storageOptions.join(' ') },
      };
      await textOf(['create', 'web'], surroundings);
      const path = (await textOf(['mount', 'web'], surroundings)).trim();
      await writeFile(join(path, 'index'), 'hello');
      await textOf(['create', 'web-1', '--parent', 'web'], surroundings);
      await textOf(['umount', 'web'], surroundings);
      const copy = (await textOf(['mount', 'web-1'], surroundings)).trim();
      expect(await readFile(join(copy, 'index'), 'utf8')).to.equal('hello');
      await textOf(['umount', 'web-1'], surroundings);
      const layers = await jsonOf<readonly { readonly id: string }[]>(['ls'], surroundings);
      expect(layers.map(({ id }) => id)).to.deep.equal(['web', 'web-1']);
      for (const id of ['web', 'web-1']) await textOf(['rm', id], surroundings);
      const { status, stderr } = await dmthin(['status'], surroundings);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    });
});

describe('the command without rights on a real kernel', function () {
  this.timeout(60_000);
  for (const kernel of ['ioctl', 'dmsetup'])
    it(`says that they are missing, and what helps, with kernel ${kernel}`, async () => {
      await using place = await temporaryPlace();
      const user = await ordinaryUser(place.path);
      const { status, stderr } = await dmthin(['status'], { ...user, environment: { DMTHIN_KERNEL: kernel } });
      expect(status).to.equal(7);
      expect(stderr).to.match(/^dmthin: device-mapper: .*rights.*\n {8}Run as root, or with CAP_SYS_ADMIN.*\n$/u);
    });
});
