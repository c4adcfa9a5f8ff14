import { mkdir, readdir, rename, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, deviceName, deviceUuid, parseStorageOptions, sectors, zeroTable } from '@dmthin/domain';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import { type MakeWorld, MIB } from '../driver-world.ts';
import { inside, read, write } from '../layers.ts';

/** devmapper_test.go's loop sizes (docker-devicemapper.md 9.1), and where a pool comes from. */
export function poolCases(makeWorld: MakeWorld): void {
  describe('pools', () => {
    it('makes its own over sparse files, and brings it up again with all layers', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      await first.create('b', { parent: 'a' });
      await first.close();
      const file = await stat(join(world.root, 'devicemapper', 'data'));
      expect(file.size).to.equal(256 * MIB);
      expect(file.mode & 0o777).to.equal(0o600);
      const second = await world.open();
      expect(second.layers().map(({ id, parent }) => [id, parent])).to.have.deep.members([
        ['a', undefined],
        ['b', 'a'],
      ]);
      expect(await read(second, 'b', 'file')).to.equal('kept');
      await second.close();
    });

    it('grows its files when larger ones are asked for, and does not shrink them', async () => {
      await using world = await makeWorld();
      const total = async (options: readonly string[]): Promise<readonly bigint[]> => {
        const driver = await world.open(options);
        const { data, metadata } = await driver.status();
        await driver.close();
        return [data.total, metadata.total].map((size) => size / BigInt(MIB));
      };
      expect(await total([])).to.deep.equal([256n, 8n]);
      expect(await total(['dm.loopdatasize=246M', 'dm.loopmetadatasize=6M'])).to.deep.equal([256n, 8n]);
      expect(world.log.some(({ message }) => message.startsWith("Can't shrink loopback file"))).to.equal(true);
      expect(await total(['dm.loopdatasize=266M', 'dm.loopmetadatasize=18M'])).to.deep.equal([266n, 18n]);
    });

    it('grows while layers are mounted', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      await inside(driver, 'a', async (root) => {
        await writeFile(join(root, 'before'), 'b');
        await driver.resizePool({ data: bytes(320 * MIB), metadata: bytes(16 * MIB) });
        await writeFile(join(root, 'after'), 'a');
      });
      const { data, metadata } = await driver.status();
      expect(data.total).to.equal(BigInt(320 * MIB));
      expect(metadata.total).to.equal(BigInt(16 * MIB));
      await errorOf(driver.resizePool({ data: bytes(64 * MIB) }), 'INVALID_ARGUMENT');
      await driver.resizePool({ data: bytes(320 * MIB) });
      expect(await read(driver, 'a', 'after')).to.equal('a');
      await driver.close();
      const again = await world.open();
      expect((await again.status()).data.total).to.equal(BigInt(320 * MIB));
      await again.close();
    });

    it('grows at the start where larger files are asked for, while it is up, and not to a default', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      const root = await first.mount('a');
      await first.release();
      const second = await world.open(['dm.loopdatasize=320M', 'dm.loopmetadatasize=16M']);
      const { data, metadata } = await second.status();
      expect([data.total, metadata.total]).to.deep.equal([BigInt(320 * MIB), BigInt(16 * MIB)]);
      await writeFile(join(root, 'file'), 'goes on');
      await second.close();
      const plain = parseStorageOptions([]);
      const third = await world.open([], { options: { ...plain, baseSize: bytes(20 * MIB) } });
      expect((await third.status()).data.total).to.equal(BigInt(320 * MIB));
      expect(await read(third, 'a', 'file')).to.equal('goes on');
      await third.close();
    });

    it('from outside takes what its devices have grown to, unless it is LVM’s', async () => {
      await using world = await makeWorld();
      const pool = await world.makePool('given');
      const driver = await world.open([`dm.thinpooldev=${pool}`]);
      const [data] = (await world.ports.loopDevices.list()).filter(({ file }) => file.endsWith('given-data'));
      if (data === undefined) throw new Error('no data device');
      await truncate(data.file, 384 * MIB);
      await world.ports.loopDevices.refreshSize(data);
      await driver.resizePool({});
      expect((await driver.status()).data.total).to.equal(BigInt(384 * MIB));
      await world.ports.kernel.setUuid(pool, deviceUuid('LVM-abcdef'));
      const error = await errorOf(driver.resizePool({}), 'NOT_SUPPORTED');
      expect(error.remedy).to.include('lvextend');
      await driver.close();
    });

    it('from outside takes at the start what its devices have grown to, unless it is LVM’s', async () => {
      await using world = await makeWorld();
      const pool = await world.makePool('given');
      const options = [`dm.thinpooldev=${pool}`];
      await (await world.open(options)).close();
      const grow = async (which: string, size: number): Promise<void> => {
        const [loop] = (await world.ports.loopDevices.list()).filter(({ file }) => file.endsWith(`given-${which}`));
        if (loop === undefined) throw new Error(`no ${which} device`);
        await truncate(loop.file, size);
        await world.ports.loopDevices.refreshSize(loop);
      };
      const totals = async (): Promise<readonly bigint[]> => {
        const driver = await world.open(options);
        const { data, metadata } = await driver.status();
        await driver.close();
        return [data.total, metadata.total];
      };
      await grow('data', 384 * MIB);
      expect(await totals()).to.deep.equal([BigInt(384 * MIB), BigInt(8 * MIB)]);
      await grow('metadata', 16 * MIB);
      expect(await totals()).to.deep.equal([BigInt(384 * MIB), BigInt(16 * MIB)]);
      await world.ports.kernel.setUuid(pool, deviceUuid('LVM-abcdef'));
      await grow('data', 512 * MIB);
      expect(await totals()).to.deep.equal([BigInt(384 * MIB), BigInt(16 * MIB)]);
    });

    it('takes over its pool where it is still there', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      await first.release();
      const second = await world.open();
      expect((await second.status()).dataFile).to.match(/^\/dev\/loop/u);
      await second.remove('a');
      await second.close();
      expect(await world.ports.kernel.list()).to.deep.equal([]);
    });

    it('is found again where the root was moved (defect 32)', async () => {
      await using world = await makeWorld();
      const first = await world.open();
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      await first.close();
      const before = await stat(world.root);
      await moveInto(world.root, `${world.root}-moved`);
      await rename(`${world.root}-moved`, world.root);
      expect((await stat(world.root)).ino).to.not.equal(before.ino);
      const second = await world.open();
      expect(await read(second, 'a', 'file')).to.equal('kept');
      await second.close();
    });

    it('uses a pool from outside, and leaves it as it is', async () => {
      await using world = await makeWorld();
      const pool = await world.makePool('given');
      const options = [`dm.thinpooldev=/dev/mapper/${pool}`];
      const first = await world.open(options);
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      const error = await errorOf(first.resizePool({ data: bytes(2 ** 30) }), 'INVALID_ARGUMENT');
      expect(error.remedy).to.include('Grow the device first');
      await first.close();
      expect((await world.ports.kernel.list()).map(({ name }) => name)).to.deep.equal(['given']);
      const second = await world.open([`dm.thinpooldev=${pool}`]);
      expect(await read(second, 'a', 'file')).to.equal('kept');
      await second.close();
    });

    it('refuses a pool from outside that is none, or that others use', async () => {
      await using world = await makeWorld();
      const none = await errorOf(world.open(['dm.thinpooldev=nowhere']), 'NOT_FOUND');
      expect(none.message).to.equal('devicemapper: Non existing device nowhere');
      const plain = deviceName('plain');
      await world.ports.kernel.sequence([
        { command: 'create', device: plain },
        { command: 'load', device: plain, table: zeroTable(sectors(8)) },
        { command: 'resume', device: plain },
      ]);
      const notAPool = await errorOf(world.open(['dm.thinpooldev=plain']), 'INVALID_ARGUMENT');
      expect(notAPool.message).to.equal('devmapper: Device plain is not a thin pool');
      await world.ports.kernel.remove(plain);

      const pool = await world.makePool('used');
      await world.ports.kernel.message(pool, sectors(0), 'set_transaction_id 0 7');
      const used = await errorOf(world.open([`dm.thinpooldev=${pool}`]), 'CONFLICT');
      expect(used.message).to.equal(
        'devmapper: Unable to take ownership of thin-pool (used) with non-zero transaction ID',
      );
      expect(used.remedy).to.be.a('string');
      // Nothing was noted of it: the root is still free to take another.
      const driver = await world.open([`dm.thinpooldev=${await world.makePool('fresh')}`]);
      await driver.close();
    });

    it('goes on with a pool from outside whose base device could not be made, as often as it takes', async () => {
      await using world = await makeWorld();
      const given = `dm.thinpooldev=${await world.makePool('given')}`;
      await errorOf(world.open([given, 'dm.mkfsarg=--no-such-argument']), 'INVALID_ARGUMENT');
      await errorOf(world.open([given, 'dm.min_free_space=99%']), 'NO_SPACE');
      const driver = await world.open([given]);
      await driver.create('a');
      await driver.close();
    });

    it('refuses another pool than the one the root was made with, and touches none (defect 34)', async () => {
      await using world = await makeWorld();
      const one = await world.makePool('one');
      const two = await world.makePool('two');
      const first = await world.open([`dm.thinpooldev=${one}`]);
      await first.create('a');
      await first.close();
      const other = await errorOf(world.open([`dm.thinpooldev=${two}`]), 'CONFLICT');
      expect(other.message).to.include('"one"').and.include('"two"');
      const own = await errorOf(world.open(), 'CONFLICT');
      expect(own.remedy).to.include('dm.thinpooldev=one');
      await errorOf(stat(join(world.root, 'devicemapper', 'data')).catch(asNotFound), 'NOT_FOUND');
      const again = await world.open([`dm.thinpooldev=${one}`]);
      expect(again.exists('a')).to.equal(true);
      await again.close();
    });
  });
}

/** All that is in a directory, into a new one: another inode, and so other device names. */
async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) await rename(join(from, name), join(to, name));
  await rmdir(from);
}

async function asNotFound(error: unknown): Promise<never> {
  const { DmError } = await import('@dmthin/domain');
  throw new DmError((error as { code: string }).code === 'ENOENT' ? 'NOT_FOUND' : 'IO', String(error));
}
