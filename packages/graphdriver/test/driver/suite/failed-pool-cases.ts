import { truncate, writeFile } from 'node:fs/promises';
import {
  type DeviceName,
  deviceName,
  errorTable,
  formatLinearTarget,
  linearTable,
  sectors,
  type Table,
  thinPoolTable,
} from '@dmthin/domain';
import type { GraphDriver } from '@dmthin/graphdriver';
import { expect } from 'chai';
import { type DriverWorld, type MakeWorld, MIB } from '../driver-world.ts';
import { read, write } from '../layers.ts';

/** Pools whose metadata device failed and is well again: Linux leaves them in Fail mode (dm-kernel.md 3.4). */
export function failedPoolCases(makeWorld: MakeWorld): void {
  describe('pools that failed', () => {
    it('are made anew by the next start, as of the last commit, where nobody uses them', async () => {
      await using world = await makeWorld();
      const disk = await FrailDisk.make(world);
      const options = [`dm.metadatadev=${disk.path}`];
      const first = await world.open(options);
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      await failPool(first, disk);
      await first.release();
      const second = await world.open(options);
      expect((await second.status()).pool.kind).to.equal('ok');
      expect(world.log.filter(({ message }) => message.includes('is made anew as of its last commit'))).to.have.length(
        1,
      );
      expect(second.layers().map(({ id }) => id)).to.deep.equal(['a']);
      expect(await read(second, 'a', 'file')).to.equal('kept');
      await second.create('lost', { parent: 'a' });
      expect(await read(second, 'lost', 'file')).to.equal('kept');
      await second.close();
    });

    it('stay while a layer is mounted, which is told, and are made anew once it is not', async () => {
      await using world = await makeWorld();
      const disk = await FrailDisk.make(world);
      const options = [`dm.metadatadev=${disk.path}`];
      const first = await world.open(options);
      for (const id of ['a', 'idle']) await first.create(id);
      await write(first, 'a', { file: 'kept' });
      await first.mount('a');
      await failPool(first, disk);
      await first.release();
      const second = await world.open(options);
      expect((await second.status()).pool.kind).to.equal('fail');
      expect(await metAtStart(second)).to.include('unmount what uses it (a), and open the root again');
      // What was not written yet is lost with the pool's last transaction.
      await second.unmount('a').catch(() => undefined);
      await second.release();
      const third = await world.open(options);
      expect((await third.status()).pool.kind).to.equal('ok');
      expect(await read(third, 'a', 'file')).to.equal('kept');
      await third.close();
    });

    it('are left to their owner where they were given, with the steps', async () => {
      await using world = await makeWorld();
      const disk = await FrailDisk.make(world);
      const size = sectors(256 * 2048);
      const make = (device: DeviceName, table: Table): Promise<void> =>
        world.ports.kernel.sequence([
          { command: 'create', device },
          { command: 'load', device, table },
          { command: 'resume', device },
        ]);
      // The loop device is held by it while the pool is away.
      await make(
        deviceName('data'),
        linearTable({ device: await attached(world, 'data', 256), offset: sectors(0), size }),
      );
      const given = deviceName('given');
      const data = '/dev/mapper/data';
      await make(given, thinPoolTable({ metadata: disk.path, data, size, blockSize: sectors(128) }));
      const options = ['dm.thinpooldev=given'];
      const first = await world.open(options);
      await first.create('a');
      await write(first, 'a', { file: 'kept' });
      await first.mount('a');
      await failPool(first, disk);
      await first.unmount('a').catch(() => undefined);
      await first.release();
      const second = await world.open(options);
      expect(await metAtStart(second)).to.include(
        'dmsetup table given > pool.table && dmsetup remove given && dmsetup create given < pool.table',
      );
      await second.release();
      const table = await world.ports.kernel.table(given);
      await world.ports.kernel.remove(given);
      await make(given, table);
      const third = await world.open(options);
      expect(await read(third, 'a', 'file')).to.equal('kept');
      await third.close();
    });
  });
}

/** A disk for metadata of which the first block, where a pool's superblock is, can fail. */
class FrailDisk {
  readonly path = '/dev/mapper/frail';
  readonly #kernel: DriverWorld['ports']['kernel'];
  readonly #below: string;

  private constructor(world: DriverWorld, below: string) {
    this.#kernel = world.ports.kernel;
    this.#below = below;
  }

  static async make(world: DriverWorld): Promise<FrailDisk> {
    const disk = new FrailDisk(world, await attached(world, 'metadata', 8));
    await disk.#kernel.create(NAME);
    await disk.mend();
    return disk;
  }

  async fail(): Promise<void> {
    const params = formatLinearTarget({ device: this.#below, offset: BLOCK });
    const length = sectors(SIZE - BLOCK);
    await this.#swap([...errorTable(BLOCK), { start: BLOCK, length, type: 'linear', params }]);
  }

  async mend(): Promise<void> {
    await this.#swap(linearTable({ device: this.#below, offset: sectors(0), size: SIZE }));
  }

  async #swap(table: Table): Promise<void> {
    await this.#kernel.sequence([
      { command: 'load', device: NAME, table },
      { command: 'resume', device: NAME },
    ]);
  }
}

const NAME = deviceName('frail');
const SIZE = sectors(8 * 2048);
const BLOCK = sectors(8);

/** A loop device over a sparse file beside the root. */
async function attached(world: DriverWorld, name: string, mebibytes: number): Promise<string> {
  const file = `${world.root}-${name}`;
  await writeFile(file, '');
  await truncate(file, mebibytes * MIB);
  return (await world.ports.loopDevices.attach(file)).path;
}

/** A commit meets the bad block, and so does going back; then the disk is well again. */
async function failPool(driver: GraphDriver, disk: FrailDisk): Promise<void> {
  await disk.fail();
  expect(await driver.create('lost').catch(() => 'failed')).to.equal('failed');
  expect((await driver.status()).pool.kind).to.equal('fail');
  await disk.mend();
}

async function metAtStart(driver: GraphDriver): Promise<string> {
  return (await driver.check()).map(({ what }) => what).join('\n');
}
