import type { ChildProcess } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Curl } from './curl.ts';
import { endPlugin, startPlugin } from './serving.ts';

const OPTIONS = ['dm.basesize=96M', 'dm.fs=ext4', 'dm.loopdatasize=1G', 'dm.loopmetadatasize=16M'];

/** daemon/graphdriver/graphtest of Docker, function by function (docker-devicemapper.md 9.2). */
describe("Docker's graphtest, by curl", function () {
  this.timeout(120_000);
  let place: Place;
  let plugin: ChildProcess;
  let driver: Curl;
  before(async () => {
    place = await temporaryPlace();
    const socket = join(place.path, 'plugin.sock');
    plugin = await startPlugin(socket);
    driver = new Curl(socket);
    const options = [...OPTIONS, 'dm.override_udev_sync_check=true'];
    await driver.call('Init', { Home: join(place.path, 'docker/dmthin'), Opts: options, UIDMaps: null, GIDMaps: null });
  });
  after(async () => {
    await driver.call('Cleanup');
    expect(await endPlugin(plugin, 'SIGTERM')).to.equal(0);
    await place[Symbol.asyncDispose]();
  });

  async function mounted<T>(id: string, use: (root: string) => Promise<T>): Promise<T> {
    const { Dir } = await driver.call('Get', { ID: id, MountLabel: '' });
    try {
      return await use(String(Dir));
    } finally {
      await driver.call('Put', { ID: id });
    }
  }
  const create = (id: string, parent = ''): Promise<unknown> => driver.call('Create', { ID: id, Parent: parent });
  const createReadWrite = (id: string, parent = ''): Promise<unknown> =>
    driver.call('CreateReadWrite', { ID: id, Parent: parent });

  async function remove(...ids: readonly string[]): Promise<void> {
    for (const id of ids) await driver.call('Remove', { ID: id });
    for (const id of ids.slice(-1)) expect(await driver.call('Exists', { ID: id })).to.deep.equal({ Exists: false });
  }

  async function createBase(id: string): Promise<void> {
    await createReadWrite(id);
    await mounted(id, async (root) => {
      await mkdir(join(root, 'a subdir'));
      await chmod(join(root, 'a subdir'), 0o1705);
      await chown(join(root, 'a subdir'), 1, 2);
      await writeFile(join(root, 'a file'), 'Some data');
      await chmod(join(root, 'a file'), 0o4222);
    });
  }

  const verifyBase = (id: string): Promise<void> =>
    mounted(id, async (root) => {
      expect((await readdir(root)).sort()).to.deep.equal(['a file', 'a subdir']);
      const directory = await lstat(join(root, 'a subdir'));
      const { uid, gid, mode } = directory;
      expect([directory.isDirectory(), uid, gid, mode & 0o7777]).to.deep.equal([true, 1, 2, 0o1705]);
      const file = await lstat(join(root, 'a file'));
      expect([file.isFile(), file.uid, file.gid, file.mode & 0o7777]).to.deep.equal([true, 0, 0, 0o4222]);
    });

  it('DriverTestCreateEmpty', async () => {
    await create('empty');
    expect(await driver.call('Exists', { ID: 'empty' })).to.deep.equal({ Exists: true });
    await mounted('empty', async (root) => {
      const { mode, uid, gid } = await stat(root);
      expect([mode & 0o7777, uid, gid]).to.deep.equal([0o755, 0, 0]);
      expect(await readdir(root)).to.deep.equal([]);
    });
    await remove('empty');
  });

  it('DriverTestCreateBase', async () => {
    await createBase('Base');
    await verifyBase('Base');
    await remove('Base');
  });

  it('DriverTestCreateSnap', async () => {
    await createBase('Base');
    await createReadWrite('Snap', 'Base');
    await verifyBase('Snap');
    await remove('Snap', 'Base');
  });

  it('DriverTestDeepLayerRead', async () => {
    const depth = 5;
    await create('deep-base');
    await mounted('deep-base', (root) => writeFile(join(root, 'testfile'), 'test content'));
    let parent = 'deep-base';
    for (let index = 1; index <= depth; index += 1) {
      const id = `deep-${index}`;
      await create(id, parent);
      await mounted(id, async (root) => {
        await writeFile(join(root, 'top-id'), id);
        await mkdir(join(root, `layer-${index}`));
        await writeFile(join(root, `layer-${index}`, 'layer-id'), id);
        await writeFile(join(root, `layer-${index}`, 'parent-id'), parent);
      });
      parent = id;
    }
    await mounted(parent, async (root) => {
      const read = (...path: readonly string[]): Promise<string> => readFile(join(root, ...path), 'utf8');
      expect(await read('testfile')).to.equal('test content');
      expect(await read('top-id')).to.equal(parent);
      for (let index = depth; index > 0; index -= 1) {
        expect(await read(`layer-${index}`, 'layer-id')).to.equal(`deep-${index}`);
        expect(await read(`layer-${index}`, 'parent-id')).to.equal(index === 1 ? 'deep-base' : `deep-${index - 1}`);
      }
    });
    for (let index = depth; index > 0; index -= 1) await driver.call('Remove', { ID: `deep-${index}` });
    await remove('deep-base');
  });

  /** Its files are of 64 bytes each, a hundred in a directory. */
  async function addManyFiles(root: string, count: number, seed: number): Promise<void> {
    for (let begun = 0; begun < count; begun += 100) {
      const directory = join(root, `dir-${begun}`);
      await mkdir(directory, { recursive: true });
      for (let index = begun; index < Math.min(count, begun + 100); index += 1)
        await writeFile(join(directory, `file-${index}`), contentOf(index, seed), { mode: 0o755 });
    }
  }
  async function checkManyFiles(root: string, count: number, seed: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const path = join(root, `dir-${index - (index % 100)}`, `file-${index}`);
      expect((await readFile(path)).equals(contentOf(index, seed)), path).to.equal(true);
    }
  }

  it('DriverTestDiffApply', async () => {
    const count = 300;
    await create('below');
    await mounted('below', async (root) => {
      await addManyFiles(root, count, 3);
      await writeFile(join(root, 'test-file'), 'will be removed');
      await mkdir(join(root, 'var/lib'), { recursive: true });
      await writeFile(join(root, 'var/lib/file'), 'too');
    });
    await create('upper', 'below');
    await mounted('upper', async (root) => {
      await addManyFiles(root, count, 6);
      await rm(join(root, 'test-file'));
      await rm(join(root, 'var'), { recursive: true });
    });
    const { Size: size } = await driver.call('DiffSize', { ID: 'upper', Parent: '' });
    expect(size).to.equal(count * 64);
    const tar = await driver.diff('upper', 'below');
    await create('applied', 'below');
    expect(await driver.applyDiff('applied', 'below', tar)).to.equal(size);
    await mounted('applied', async (root) => {
      await checkManyFiles(root, count, 6);
      expect((await readdir(root)).filter((name) => !name.startsWith('dir-'))).to.deep.equal([]);
    });
    await remove('applied', 'upper', 'below');
  });

  it('DriverTestChanges', async () => {
    const count = 20;
    await create('below');
    await mounted('below', (root) => addManyFiles(root, count, 20));
    await create('upper', 'below');
    const expected = [{ Path: '/dir-0', Kind: 0 }];
    await mounted('upper', async (root) => {
      for (let index = 0; index < count; index += 1) {
        const name = (kind: string): string => `/dir-0/${kind}-${index}`;
        if (index % 3 === 0) {
          await writeFile(join(root, name('file')), contentOf(index, 25).subarray(1));
          expected.push({ Path: name('file'), Kind: 0 });
        } else if (index % 3 === 1) {
          await writeFile(join(root, name('added')), contentOf(index, 25));
          expected.push({ Path: name('added'), Kind: 1 });
        } else {
          await rm(join(root, name('file')));
          expected.push({ Path: name('file'), Kind: 2 });
        }
      }
    });
    const { Changes } = await driver.call('Changes', { ID: 'upper', Parent: 'below' });
    expect(Changes).to.have.deep.members(expected);
    expect((Changes as unknown[])[0]).to.deep.equal(expected[0]);
    await remove('upper', 'below');
  });

  it('DriverTestSetQuota', async () => {
    await createReadWrite('unlimited');
    await driver.call('CreateReadWrite', { ID: 'zfsTest', Parent: 'unlimited', StorageOpt: { size: '128M' } });
    await mounted('zfsTest', async (root) => {
      await writeFile(join(root, 'small'), Buffer.alloc(25 * 2 ** 20, 1));
      const failure = await writeFile(join(root, 'large'), Buffer.alloc(128 * 2 ** 20, 1)).catch(
        (error: NodeJS.ErrnoException) => error.code,
      );
      expect(failure).to.equal('ENOSPC');
    });
    await remove('zfsTest', 'unlimited');
  });
});

/** The same each time, and another for each file and seed. */
function contentOf(index: number, seed: number): Buffer {
  const content = Buffer.alloc(64);
  let state = (index + 1) * 7919 + seed;
  for (let at = 0; at < content.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = state >>> 24;
  }
  return content;
}
