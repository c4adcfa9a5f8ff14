import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DeviceName, deviceName, sectors, sectorsOf, thinId, thinTable } from '@dmthin/domain';
import type { Finding, GraphDriver } from '@dmthin/graphdriver';
import { expect } from 'chai';
import { type DriverWorld, type MakeWorld, MIB } from '../driver-world.ts';
import { inside, read, write } from '../layers.ts';

export const brief = ({ kind, subject, outcome }: Finding): string => `${kind} ${subject} ${outcome}`;
export const briefOf = async (driver: GraphDriver, repair: boolean): Promise<string[]> =>
  (await driver.check({ repair })).map(brief);

/** A root whose records were lost or broken while nobody had it open. */
export async function afterwards(world: DriverWorld, change: (root: string) => Promise<void>): Promise<GraphDriver> {
  const driver = await world.open();
  await driver.create('a');
  await write(driver, 'a', { file: 'kept' });
  await driver.create('b', { parent: 'a' });
  await write(driver, 'b', { other: 'x'.repeat(MIB) });
  await driver.release();
  await change(world.root);
  return world.open();
}

/** The thin device of a layer, live under another name. */
async function activate(
  { ports: { kernel } }: DriverWorld,
  driver: GraphDriver,
  device: DeviceName,
  layer: string,
): Promise<void> {
  const { deviceId, size } = driver.layer(layer);
  const pool = `/dev/mapper/${(await driver.status()).poolName}`;
  await kernel.sequence([
    { command: 'create', device },
    { command: 'load', device, table: thinTable({ pool, thinId: thinId(deviceId), size: sectorsOf(size) }) },
    { command: 'resume', device },
  ]);
}

/** What does not agree with the records, on any machine. */
export function checkCases(makeWorld: MakeWorld): void {
  describe('check', () => {
    it('finds nothing in one that is well, in use or not', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      expect(await driver.check()).to.deep.equal([]);
      await driver.create('a');
      await driver.mount('a');
      await driver.create('b', { parent: 'a' });
      expect(await driver.check({ repair: true })).to.deep.equal([]);
      await driver.remove('a');
      expect(await driver.check({ repair: true })).to.deep.equal([]);
      await driver.close();
      const again = await world.open();
      expect((await again.status()).recovery.findings).to.deep.equal([]);
      await again.close();
    });

    it('finds a thin device without a record, at the start too, and deletes it (defect 8)', async () => {
      await using world = await makeWorld();
      const driver = await afterwards(world, async (root) => {
        await rm(join(root, 'metadata', 'b'));
      });
      expect((await driver.status()).recovery.findings.join()).to.include('thin device 3 of pool');
      const before = (await driver.status()).data.used;
      const [orphan] = await driver.check();
      expect(orphan).to.include({ kind: 'orphan-thin', subject: '3', outcome: 'found' });
      expect(orphan?.repair).to.include('delete it');
      expect(Number(orphan?.holds)).to.be.above(MIB);
      expect(await briefOf(driver, true)).to.deep.equal(['orphan-thin 3 repaired']);
      expect(before - (await driver.status()).data.used >= BigInt(MIB)).to.equal(true);
      expect(await driver.check()).to.deep.equal([]);
      expect(await read(driver, 'a', 'file')).to.equal('kept');
      await driver.close();
    });

    it('leaves the thin devices of others in a pool from outside alone, and what stands on them', async () => {
      await using world = await makeWorld();
      const pool = await world.makePool('given');
      const driver = await world.open([`dm.thinpooldev=${pool}`]);
      await world.ports.kernel.message(pool, sectors(0), 'create_thin 77');
      expect(await briefOf(driver, true)).to.deep.equal(['orphan-thin 77 found']);
      await driver.create('a');
      await activate(world, driver, deviceName('lvm-home'), 'a');
      expect(await briefOf(driver, true)).to.deep.equal(['unknown-device lvm-home found', 'orphan-thin 77 found']);
      await world.ports.kernel.remove(deviceName('lvm-home'));
      await driver.close();
    });

    it('finds a record without a thin device, and removes it (defect 8)', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const { deviceId } = await driver.create('a');
      const { poolName } = await driver.status();
      await world.ports.kernel.message(poolName, sectors(0), `delete ${deviceId}`);
      const [lost] = await driver.check();
      expect(lost).to.include({ kind: 'lost-layer', subject: 'a', holds: 0n });
      expect(driver.exists('a')).to.equal(true);
      expect(await briefOf(driver, true)).to.deep.equal(['lost-layer a repaired']);
      expect(driver.exists('a')).to.equal(false);
      await driver.close();
    });

    it('finds devices on its pool that are no layers, and removes those that nobody has open', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const own = deviceName(`${(await driver.status()).poolName.replace(/-pool$/u, '')}-gone`);
      await activate(world, driver, own, 'a');
      await activate(world, driver, deviceName('elsewhere'), 'a');
      const user = await world.ports.blockDevices.open('/dev/mapper/elsewhere');
      expect(await briefOf(driver, true)).to.have.members([
        `unknown-device ${own} repaired`,
        'unknown-device elsewhere not-repaired',
      ]);
      await user.close();
      expect(await briefOf(driver, true)).to.deep.equal(['unknown-device elsewhere repaired']);
      await inside(driver, 'a', async () => undefined);
      await driver.close();
    });

    it('finds mounts and users that do not agree, and makes them', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      const { deviceName: device } = await driver.create('a');
      const root = await driver.mount('a');
      await driver.mount('a');
      await world.ports.mounts.unmount(dirname(root));
      const [missing] = await driver.check();
      expect(missing).to.include({ kind: 'missing-mount', subject: 'a' });
      expect(missing?.what).to.include('2 users');
      await driver.check({ repair: true });
      expect(driver.layer('a').mountPath).to.equal(undefined);
      expect((await world.ports.kernel.list()).map(({ name }) => name)).to.not.include(device);

      await activate(world, driver, deviceName('elsewhere'), 'a');
      const nobody = join(world.root, 'mnt', 'nobody');
      await mkdir(nobody);
      const { backingFilesystem: type } = await driver.status();
      await world.ports.mounts.mount({ source: '/dev/mapper/elsewhere', target: nobody, type });
      expect(await briefOf(driver, true)).to.deep.equal([
        `unknown-mount ${nobody} repaired`,
        'unknown-device elsewhere repaired',
        `stale-file ${nobody} repaired`,
      ]);
      expect(await driver.check()).to.deep.equal([]);
      await driver.close();
    });
  });
}
