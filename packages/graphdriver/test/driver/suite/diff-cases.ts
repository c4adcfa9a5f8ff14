import { mkdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RawPath } from '#src/path/raw-path';
import { rawPathOfText } from '#src/path/raw-path';
import { errorOf } from '../../support/expect-error.ts';
import { collect, entry, streamOf, tarOf } from '../../support/tars.ts';
import { readTree } from '../../support/trees.ts';
import { type MakeWorld, MIB } from '../driver-world.ts';
import { inside, read, write } from '../layers.ts';

/** graphtest's DiffApply and Changes (docker-devicemapper.md 9.2), and what a diff must not do. */
export function diffCases(makeWorld: MakeWorld): void {
  describe('diffs', () => {
    it('applies to a copy of the parent what was changed, 120 files of it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const files = (content: string): Record<string, string> =>
        Object.fromEntries(
          Array.from({ length: 120 }, (_, n) => [`dir-${Math.floor(n / 50)}/file-${n}`, `${content}-${n}`]),
        );
      await driver.create('parent');
      await write(driver, 'parent', { ...files('old'), gone: 'gone', 'var/lib/gone/deep': 'gone' });
      await driver.create('upper', { parent: 'parent' });
      await write(driver, 'upper', files('newer'));
      await inside(driver, 'upper', async (root) => {
        await unlink(join(root, 'gone'));
        await rm(join(root, 'var/lib/gone'), { recursive: true });
      });
      const size = await driver.diffSize('upper', 'parent');
      await driver.create('copy', { parent: 'parent' });
      expect(await driver.applyDiff('copy', driver.diff('upper', 'parent'))).to.equal(size);
      expect(await driver.changes('copy', 'upper')).to.deep.equal([]);
      const content = (id: string): Promise<unknown> => inside(driver, id, (root) => readTree(rawPathOfText(root)));
      expect(await content('copy')).to.deep.equal(await content('upper'));
      expect(driver.layers().every(({ mountPath }) => mountPath === undefined)).to.equal(true);
      await driver.close();
    });

    it('lists what was added, changed and removed, a directory before what is in it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('parent');
      await write(driver, 'parent', { 'etc/a': '1', 'etc/b': '1', 'etc/c': '1', 'usr/same': '1' });
      await driver.create('upper', { parent: 'parent' });
      await inside(driver, 'upper', async (root) => {
        await writeFile(join(root, 'etc/a'), '22');
        await unlink(join(root, 'etc/b'));
        await mkdir(join(root, 'new'));
        await symlink('../etc/a', join(root, 'new/link'));
      });
      expect(await driver.changes('upper', 'parent')).to.deep.equal([
        { path: '/etc', kind: 'modify' },
        { path: '/etc/a', kind: 'modify' },
        { path: '/etc/b', kind: 'delete' },
        { path: '/new', kind: 'add' },
        { path: '/new/link', kind: 'add' },
      ]);
      expect((await driver.changes('upper')).every(({ kind }) => kind === 'add')).to.equal(true);
      await driver.close();
    });

    it('makes a layer out of the whole of another', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await write(driver, 'a', { 'x/y': 'content', top: 't' });
      await driver.create('b');
      await driver.applyDiff('b', driver.diff('a'));
      expect(await driver.changes('b', 'a')).to.deep.equal([]);
      expect(await read(driver, 'b', 'x/y')).to.equal('content');
      await driver.close();
    });

    it('rejects the first read of a diff that cannot be made', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await errorOf(driver.diff('a', 'nobody')[Symbol.asyncIterator]().next(), 'NOT_FOUND');
      await errorOf(driver.diff('nobody')[Symbol.asyncIterator]().next(), 'NOT_FOUND');
      expect(driver.layer('a').mountPath).to.equal(undefined);
      await driver.close();
    });

    it('unmounts when the reader gives up in the middle', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await inside(driver, 'a', (root) => writeFile(join(root, 'big'), Buffer.alloc(4 * MIB, 7)));
      for await (const part of driver.diff('a')) {
        expect(part.length).to.be.above(0);
        break;
      }
      expect(driver.layer('a').mountPath).to.equal(undefined);
      await driver.close();
    });

    it('refuses a tar that means harm, and the layer can still be used and removed', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const evil = tarOf([entry('fine'), 'f'], [entry('../../../escaped'), 'evil']);
      const error = await errorOf(driver.applyDiff('a', streamOf(evil)), 'INVALID_ARGUMENT');
      expect(error.message).to.include('../../../escaped');
      await errorOf(driver.applyDiff('a', streamOf(evil.subarray(0, 700))), 'CORRUPT');
      const link = entry('l', { type: 'symlink', linkPath: '../../../outside' as RawPath });
      await errorOf(driver.applyDiff('a', streamOf(tarOf(link))), 'INVALID_ARGUMENT');
      expect(await read(driver, 'a', 'fine')).to.equal('f');
      await driver.remove('a');
      await driver.close();
    });

    it('has no room for a tar that claims 10 GB, and does not wait for them', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const claim = tarOf(entry('huge', { size: 10 * 2 ** 30 }));
      await errorOf(driver.applyDiff('a', streamOf(claim)), 'NO_SPACE');
      await driver.remove('a');
      await driver.close();
    });

    it('stops when it is told to, even where the tar does not come', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const abort = new AbortController();
      const applying = driver.applyDiff('a', neverComing(), abort.signal);
      setTimeout(() => abort.abort(), 30);
      await errorOf(applying, 'ABORTED');
      expect(driver.layer('a').mountPath).to.equal(undefined);
      await driver.close();
    });

    it('keeps the diff of a file that is changed again right after it apart from the first', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await write(driver, 'a', { file: '1' });
      await driver.create('b', { parent: 'a' });
      await write(driver, 'b', { file: '2' });
      const tar = await collect(driver.diff('b', 'a'));
      await driver.create('c', { parent: 'a' });
      await driver.applyDiff('c', streamOf(tar));
      await driver.create('d', { parent: 'c' });
      await inside(driver, 'd', async (root) => {
        expect(await readFile(join(root, 'file'), 'utf8')).to.equal('2');
        await writeFile(join(root, 'file'), '3');
      });
      expect(await driver.changes('d', 'c')).to.deep.equal([{ path: '/file', kind: 'modify' }]);
      await driver.close();
    });
  });
}

async function* neverComing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array(100);
  await new Promise(() => undefined);
}
