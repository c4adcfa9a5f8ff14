import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, deviceName, parseThinPoolTarget, sectors } from '@dmthin/domain';
import { expect } from 'chai';
import { type FakeWorld, fakeWorld, MIB } from '../driver/driver-world.ts';
import { read, write } from '../driver/layers.ts';
import { errorOf } from '../support/expect-error.ts';

const POOL = deviceName('docker-thinpool');

/** A disk of 512 MiB: its node. */
async function disk({ host, root }: FakeWorld, name = 'disk'): Promise<string> {
  const file = join(root, '..', name);
  await writeFile(file, '');
  await truncate(file, 512 * MIB);
  return (await host.loopDevices.attach(file)).path;
}

const groupsOf = ({ host }: FakeWorld): NonNullable<typeof host.volumeGroups> => {
  if (host.volumeGroups === undefined) throw new Error('no LVM');
  return host.volumeGroups;
};

async function configOf({ root }: FakeWorld): Promise<unknown> {
  return readFile(join(root, 'setup-config.json'), 'utf8').then(
    (text) => JSON.parse(text),
    () => 'none',
  );
}

describe('direct-lvm', function () {
  this.timeout(60_000);

  it('makes a pool of LVM once, as Docker does, and uses it by its name from then on', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    const options = [`dm.directlvm_device=${device}`];
    const first = await world.open(options);
    const status = await first.status();
    expect(status.poolName).to.equal(POOL);
    expect(status.blockSize).to.equal(bytes(512 * 1024));
    // 127 extents of 4 MiB, of which 95 %.
    expect(status.data.total).to.equal(bytes(120 * 4 * MIB));
    expect(status.rows.map(([label]) => label)).to.not.include('Data file');
    const [target] = await world.kernel.table(POOL);
    expect(parseThinPoolTarget(target?.params ?? '').features).to.deep.equal(['skip_block_zeroing']);
    expect(await configOf(world)).to.deep.equal({
      Device: device,
      ThinpPercent: 0,
      ThinpMetaPercent: 0,
      AutoExtendPercent: 0,
      AutoExtendThreshold: 0,
    });
    await first.create('a');
    await write(first, 'a', { file: 'kept' });
    await first.close();
    expect((await world.kernel.list()).map(({ name }) => name)).to.include(POOL);

    for (const again of [
      options,
      ['dm.thinpooldev=docker-thinpool'],
      [...options, 'dm.thinp_autoextend_threshold=80'],
    ]) {
      const driver = await world.open(again);
      expect(await read(driver, 'a', 'file')).to.equal('kept');
      expect(await driver.check()).to.deep.equal([]);
      await driver.close();
    }
  });

  it('takes the shares it is given, and tells LVM when to extend', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    const shares = ['dm.thinp_percent=50', 'dm.thinp_metapercent=2', 'dm.thinp_autoextend_percent=30'];
    const driver = await world.open([`dm.directlvm_device=${device}`, ...shares]);
    expect((await driver.status()).data.total).to.equal(bytes(63 * 4 * MIB));
    await driver.close();
    expect(await configOf(world)).to.deep.include({ ThinpPercent: 50, AutoExtendPercent: 30, AutoExtendThreshold: 0 });
    const open = await world.host.blockDevices.open(device);
    const label = Buffer.from(await open.read(0n, 8192)).toString();
    await open.close();
    expect(label).to.include('"profiles":{"docker-thinpool":{"threshold":80,"percent":30}}');
  });

  for (const [operation, nth] of [
    ['createGroup', 1],
    ['createVolume', 1],
    ['createVolume', 2],
    ['convertToThinPool', 1],
    ['setAutoextend', 1],
  ] as const)
    it(`goes on where ${operation} (${nth}) failed (defect 12)`, async () => {
      await using world = await fakeWorld('docker');
      const options = [`dm.directlvm_device=${await disk(world)}`];
      world.host.faults.inject({ operation, errno: 'EIO', nth });
      const error = await errorOf(world.open(options), 'IO');
      expect(error.message).to.include('set up direct-lvm');
      expect(error.remedy).to.include('goes on from there');
      expect(await configOf(world)).to.equal('none');
      const driver = await world.open(options);
      expect((await driver.status()).poolName).to.equal(POOL);
      await driver.create('a');
      expect(await driver.check()).to.deep.equal([]);
      await driver.close();
    });

  it('takes a device by another of its paths for the same (defect 12)', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    await (await world.open([`dm.directlvm_device=${device}`])).close();
    const link = join(world.root, '..', 'by-id');
    await symlink(device, link);
    await (await world.open([`dm.directlvm_device=${link}`])).close();
  });

  it("refuses to change what it was set up with, in Docker's words", async () => {
    await using world = await fakeWorld('docker');
    const [one, two] = [await disk(world, 'one'), await disk(world, 'two')];
    await (await world.open([`dm.directlvm_device=${one}`])).close();
    for (const options of [
      [`dm.directlvm_device=${two}`],
      [`dm.directlvm_device=${one}`, 'dm.thinp_percent=50', 'dm.thinp_metapercent=1'],
    ])
      expect((await errorOf(world.open(options), 'CONFLICT')).message).to.equal(
        'changing direct-lvm config is not supported',
      );
    expect(await groupsOf(world).inspect(two)).to.equal(undefined);
  });

  it('refuses a device that would lose something, and changes nothing', async () => {
    await using world = await fakeWorld('docker');
    const refused = async (device: string, code: 'NOT_FOUND' | 'BUSY' | 'CONFLICT'): Promise<string> => {
      const error = await errorOf(world.open([`dm.directlvm_device=${device}`]), code);
      expect(error.remedy, error.message).to.be.a('string');
      return error.message;
    };
    expect(await refused('/dev/none', 'NOT_FOUND')).to.equal('/dev/none is not available for use with devicemapper');

    const formatted = await disk(world, 'formatted');
    await world.host.filesystems.make(formatted, { type: 'ext4' });
    expect(await refused(formatted, 'CONFLICT')).to.equal(
      `${formatted} has a filesystem already, use dm.directlvm_device_force=true if you want to wipe the device`,
    );
    expect((await world.host.filesystems.probe(formatted))?.type).to.equal('ext4');

    const mounted = await disk(world, 'mounted');
    await world.host.filesystems.make(mounted, { type: 'ext4' });
    const target = join(world.root, '..', 'target');
    await mkdir(target);
    await world.host.mounts.mount({ source: mounted, target, type: 'ext4' });
    const inUse = await errorOf(
      world.open([`dm.directlvm_device=${mounted}`, 'dm.directlvm_device_force=true']),
      'BUSY',
    );
    expect(inUse.message).to.include('is in use');

    const other = await disk(world, 'other');
    await groupsOf(world).createGroup('data', other);
    expect(await refused(other, 'CONFLICT')).to.equal(
      `${other} is already part of a volume group "data": must remove this device from any volume group or provide a different device`,
    );

    // Half of a set-up that is not known to be this root's may be anybody's data.
    const half = await disk(world, 'half');
    await groupsOf(world).createGroup('docker', half);
    await groupsOf(world).createVolume('docker', 'thinpool', 50);
    expect(await refused(half, 'CONFLICT')).to.include('no set-up of this root made them');
    const empty = await disk(world, 'empty');
    expect(await refused(empty, 'CONFLICT')).to.include('there is a volume group "docker" already');
    await groupsOf(world).createVolume('docker', 'home', 10);
    expect(await refused(half, 'CONFLICT')).to.include('has other volumes: home');
    expect(await groupsOf(world).listVolumes('docker')).to.deep.equal(['thinpool', 'home']);
    expect(await configOf(world)).to.equal('none');
  });

  it('wipes a filesystem where it is told to', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    await world.host.filesystems.make(device, { type: 'xfs' });
    const driver = await world.open([`dm.directlvm_device=${device}`, 'dm.directlvm_device_force=true']);
    expect((await driver.status()).poolName).to.equal(POOL);
    await driver.close();
  });

  it('takes a whole pool that Docker left without its config (moby/moby#35936), unless it is used', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    const groups = groupsOf(world);
    await groups.createGroup('docker', device);
    await groups.createVolume('docker', 'thinpool', 95);
    await groups.createVolume('docker', 'thinpoolmeta', 1);
    await groups.convertToThinPool('docker', 'thinpool', 'thinpoolmeta', bytes(512 * 1024));
    await world.kernel.message(POOL, sectors(0), 'set_transaction_id 0 7');
    const used = await errorOf(world.open([`dm.directlvm_device=${device}`]), 'CONFLICT');
    expect(used.message).to.include('Unable to take ownership of thin-pool (docker-thinpool)');
    await world.kernel.message(POOL, sectors(0), 'set_transaction_id 7 0');
    const driver = await world.open([`dm.directlvm_device=${device}`]);
    await driver.create('a');
    await driver.close();
  });

  it('refuses a root whose layers are in another pool', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    const driver = await world.open();
    await driver.create('a');
    await driver.close();
    const error = await errorOf(world.open([`dm.directlvm_device=${device}`]), 'CONFLICT');
    expect(error.message).to.include('direct-lvm would give it another');
    expect(await groupsOf(world).inspect(device)).to.equal(undefined);
  });

  it('is told of by check, where it was begun and the root has another pool since', async () => {
    await using world = await fakeWorld('docker');
    const device = await disk(world);
    world.host.faults.inject({ operation: 'createVolume', errno: 'EIO' });
    await errorOf(world.open([`dm.directlvm_device=${device}`]), 'IO');
    const driver = await world.open();
    const [finding] = await driver.check({ repair: true });
    expect(finding).to.include({ kind: 'half-made-lvm', subject: device, outcome: 'found' });
    await driver.close();
  });

  it('says what to do where there is no LVM that it could use', async () => {
    await using world = await fakeWorld('docker', () => ({ volumeGroups: undefined }));
    const error = await errorOf(world.open([`dm.directlvm_device=${await disk(world)}`]), 'NOT_SUPPORTED');
    expect(error.remedy).to.include('dm.thinpooldev=docker-thinpool');
    expect(await world.kernel.list()).to.deep.equal([]);
  });
});
