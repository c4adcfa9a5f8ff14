import { chmod, chown, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import { type MakeWorld, MIB } from '../driver-world.ts';
import { inside, list, read, write } from '../layers.ts';

/** graphtest's CreateEmpty, CreateBase, CreateSnap and DeepLayerRead (docker-devicemapper.md 9), and what is around them. */
export function layerCases(makeWorld: MakeWorld): void {
  describe('layers', () => {
    it('makes an empty layer: a root of mode 0755, and nothing in it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const layer = await driver.create('empty');
      expect(layer).to.include({ id: 'empty', parent: undefined, isDeleted: false, mountPath: undefined });
      expect(driver.exists('empty')).to.equal(true);
      await inside(driver, 'empty', async (root) => {
        const { mode, uid, gid } = await stat(root);
        expect(mode & 0o7777).to.equal(0o755);
        if (process.geteuid?.() === 0) expect([uid, gid]).to.deep.equal([0, 0]);
        expect(await readdir(root)).to.deep.equal([]);
      });
      await driver.remove('empty');
      expect(driver.exists('empty')).to.equal(false);
      await driver.close();
    });

    it('keeps modes, special bits, owners and content, in the layer and in a snapshot of it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('base-layer');
      await inside(driver, 'base-layer', makeOddFiles);
      await inside(driver, 'base-layer', checkOddFiles);
      await driver.create('snap', { parent: 'base-layer' });
      await inside(driver, 'snap', checkOddFiles);
      await driver.remove('snap');
      await driver.remove('base-layer');
      await driver.close();
    });

    it('reads a file of the first layer through six more, and knows who came from whom', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('layer-0');
      await write(driver, 'layer-0', { file: 'from the bottom' });
      for (let depth = 1; depth <= 6; depth += 1) {
        await driver.create(`layer-${depth}`, { parent: `layer-${depth - 1}` });
        await write(driver, `layer-${depth}`, { [`layer-${depth}/id`]: String(depth) });
      }
      expect(await read(driver, 'layer-6', 'file')).to.equal('from the bottom');
      expect(await read(driver, 'layer-6', 'layer-3/id')).to.equal('3');
      expect(await list(driver, 'layer-2')).to.deep.equal(['file', 'layer-1', 'layer-2']);
      expect(driver.layer('layer-5').parent).to.equal('layer-4');
      await driver.close();
    });

    it('keeps what is written to a snapshot from its origin, and the other way round', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await write(driver, 'a', { file: 'one' });
      await driver.create('b', { parent: 'a' });
      await write(driver, 'b', { file: 'two' });
      await write(driver, 'a', { file: 'three' });
      expect(await read(driver, 'b', 'file')).to.equal('two');
      expect(await read(driver, 'a', 'file')).to.equal('three');
      await driver.close();
    });

    it('snapshots a mounted layer as it is at that moment', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('live');
      const root = await driver.mount('live');
      await writeFile(join(root, 'before'), 'b');
      await driver.create('copy', { parent: 'live' });
      await writeFile(join(root, 'after'), 'a');
      expect(await list(driver, 'copy')).to.deep.equal(['before']);
      await driver.unmount('live');
      expect(await list(driver, 'live')).to.deep.equal(['after', 'before']);
      await driver.close();
    });

    it('gives a layer the size it is asked for, file system and all', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('small');
      const large = await driver.create('large', { parent: 'small', storageOptions: { Size: '40M' } });
      expect(large.size).to.equal(BigInt(40 * MIB));
      expect(driver.metadata('large')).to.include({ DeviceSize: String(40 * MIB), DeviceName: large.deviceName });
      const fill = (id: string): Promise<void> =>
        inside(driver, id, (root) => writeFile(join(root, 'fill'), Buffer.alloc(24 * MIB, 1)));
      await fill('large');
      await errorOfNoSpace(fill('small'));
      const child = await driver.create('child', { parent: 'large' });
      expect(child.size).to.equal(large.size);
      await driver.close();
    });

    it('refuses sizes and options that cannot be, and makes nothing', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('parent');
      const create = (storageOptions: Record<string, string>): Promise<unknown> =>
        driver.create('child', { parent: 'parent', storageOptions });
      const error = await errorOf(create({ size: '5M' }), 'INVALID_ARGUMENT');
      expect(error.message).to.equal('devmapper: Container size cannot be smaller than 20.97MB');
      for (const size of ['-1', '10Q', 'much', '']) await errorOf(create({ size }), 'INVALID_ARGUMENT');
      await errorOf(create({ size: '40M', colour: 'blue' }), 'INVALID_ARGUMENT');
      expect(driver.layers().map(({ id }) => id)).to.deep.equal(['parent']);
      expect((await create({ size: '0' })) as object).to.include({ id: 'child' });
      await driver.close();
    });

    it('says which layer is unknown, and which is there already', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const unknown = await errorOf(driver.create('child', { parent: 'nobody' }), 'NOT_FOUND');
      expect(unknown.message).to.equal('devmapper: Unknown device nobody');
      await errorOf(driver.mount('nobody'), 'NOT_FOUND');
      await errorOf(driver.unmount('nobody'), 'NOT_FOUND');
      await errorOf(driver.changes('nobody'), 'NOT_FOUND');
      expect(() => driver.layer('nobody')).to.throw('Unknown device nobody');
      expect(() => driver.metadata('nobody')).to.throw('Unknown device nobody');
      await driver.remove('nobody');
      await driver.create('there', {});
      await driver.create('parent');
      await write(driver, 'there', { file: 'kept' });
      await errorOf(driver.create('there', { parent: 'parent', storageOptions: { size: '40M' } }), 'ALREADY_EXISTS');
      expect(driver.layer('there')).to.include({ parent: undefined, size: BigInt(20 * MIB) });
      expect(await read(driver, 'there', 'file')).to.equal('kept');
      await driver.close();
    });

    it('takes no id that could be a path, a reserved name, or too long', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const ids = [
        '',
        '.',
        '..',
        'a/b',
        '../x',
        '/etc',
        'a\0b',
        'x'.repeat(300),
        'base',
        'deviceset-metadata',
        'x.migrated',
        'ä',
      ];
      for (const id of ids) {
        await errorOf(driver.create(id), 'INVALID_ARGUMENT');
        await errorOf(driver.mount(id), 'INVALID_ARGUMENT');
        await errorOf(driver.remove(id), 'INVALID_ARGUMENT');
        await errorOf(driver.changes(id), 'INVALID_ARGUMENT');
        if (id !== '') await errorOf(driver.create('ok', { parent: id }), 'INVALID_ARGUMENT');
        expect(driver.exists(id)).to.equal(false);
      }
      expect(driver.layers()).to.deep.equal([]);
      await driver.close();
    });

    it('forgets the parent of a layer when the parent goes', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await write(driver, 'a', { file: 'kept' });
      await driver.create('b', { parent: 'a' });
      await driver.remove('a');
      expect(driver.layer('b').parent).to.equal(undefined);
      await driver.create('a');
      expect(driver.layer('b').parent).to.equal(undefined);
      expect(await read(driver, 'b', 'file')).to.equal('kept');
      await driver.close();
    });

    it('tells how much a layer has mapped, mounted or not', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const before = (await driver.usage('a')).mapped;
      await inside(driver, 'a', (root) => writeFile(join(root, 'file'), Buffer.alloc(4 * MIB, 1)));
      const after = (await driver.usage('a')).mapped;
      expect(Number(after - before)).to.be.within(4 * MIB, 6 * MIB);
      await driver.mount('a');
      expect((await driver.usage('a')).mapped).to.equal(after);
      await driver.close();
    });

    it('tells of all layers at once what they share and what is their own, and makes none live for it', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await inside(driver, 'a', (root) => writeFile(join(root, 'file'), Buffer.alloc(4 * MIB, 1)));
      await driver.create('b', { parent: 'a' });
      await driver.create('c', { parent: 'a' });
      await inside(driver, 'c', (root) => writeFile(join(root, 'more'), Buffer.alloc(2 * MIB, 2)));
      const devices = (await world.ports.kernel.list()).length;
      const sharing = await driver.sharing();
      expect([...(await driver.mapped())]).to.have.deep.members([...sharing].map(([id, { mapped }]) => [id, mapped]));
      const [a, b, c] = ['a', 'b', 'c'].map((id) => sharing.get(volumeId(id)));
      expect(b?.exclusive).to.equal(0n);
      expect(b?.shared).to.equal(a?.mapped);
      expect(Number(c?.exclusive)).to.be.within(2 * MIB, 4 * MIB);
      expect((c?.shared ?? 0n) + (c?.exclusive ?? 0n)).to.equal(c?.mapped);
      expect((await world.ports.kernel.list()).length).to.equal(devices);
      const { pool } = await driver.status();
      expect(pool.kind === 'ok' && pool.heldRoot).to.equal(undefined);
      await driver.close();
    });

    it('gives the room of a removed layer back to the pool', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const used = async (): Promise<bigint> => (await driver.status()).data.used;
      const before = await used();
      await driver.create('a');
      await inside(driver, 'a', (root) => writeFile(join(root, 'file'), Buffer.alloc(4 * MIB, 1)));
      expect(Number((await used()) - before)).to.be.at.least(4 * MIB);
      await driver.remove('a');
      expect(await used()).to.equal(before);
      await driver.close();
    });
  });
}

async function makeOddFiles(root: string): Promise<void> {
  await mkdir(join(root, 'a subdir'));
  await chmod(join(root, 'a subdir'), 0o1705);
  await writeFile(join(root, 'a file'), 'Some data');
  if (process.geteuid?.() === 0) {
    await chown(join(root, 'a subdir'), 1, 2);
    await chown(join(root, 'a file'), 3, 4);
  }
  await chmod(join(root, 'a file'), 0o4222);
}

async function checkOddFiles(root: string): Promise<void> {
  const directory = await lstat(join(root, 'a subdir'));
  const file = await lstat(join(root, 'a file'));
  expect(directory.isDirectory()).to.equal(true);
  expect(directory.mode & 0o7777).to.equal(0o1705);
  expect(file.mode & 0o7777).to.equal(0o4222);
  expect(file.size).to.equal(9);
  if (process.geteuid?.() === 0) {
    expect([directory.uid, directory.gid]).to.deep.equal([1, 2]);
    expect([file.uid, file.gid]).to.deep.equal([3, 4]);
  }
  expect((await readdir(root)).sort()).to.deep.equal(['a file', 'a subdir']);
}

/** Where space runs out, either the write says so or the unmount that keeps it. */
export async function errorOfNoSpace(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as { readonly code?: string },
  );
  expect(error?.code).to.be.oneOf(['NO_SPACE', 'ENOSPC', 'EDQUOT']);
}
