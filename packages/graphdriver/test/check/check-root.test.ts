import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { fakeWorld, MIB } from '../driver/driver-world.ts';
import { afterwards, brief, briefOf } from '../driver/suite/check-cases.ts';

describe('checking a root', function () {
  this.timeout(60_000);
  it('deletes no thin device that a record may name which cannot be read', async () => {
    await using world = await fakeWorld('docker');
    const driver = await afterwards(world, (root) => writeFile(join(root, 'metadata', 'b'), '{"device_id":3,'));
    const kinds = async (): Promise<string[]> => (await driver.check({ repair: true })).map(({ kind }) => kind).sort();
    expect(await kinds()).to.include.members(['orphan-thin', 'broken-record']);
    const findings = await driver.check({ repair: true });
    for (const { kind, outcome, repair, remedy } of findings)
      if (kind === 'orphan-thin' || kind === 'broken-record') {
        expect([outcome, repair]).to.deep.equal(['found', undefined]);
        expect(remedy).to.match(/dmsetup|metadata\//u);
      }
    await driver.close();
  });

  it('finds loop devices without a pool, stale mount points and drafts, and takes them away', async () => {
    await using world = await fakeWorld('docker');
    const pool = await world.makePool('given');
    await mkdir(join(world.root, 'devicemapper'), { recursive: true });
    await mkdir(join(world.root, 'metadata'), { recursive: true });
    await mkdir(join(world.root, 'mnt', 'left'), { recursive: true });
    await mkdir(join(world.root, 'mnt', 'written'), { recursive: true });
    await writeFile(join(world.root, 'mnt', 'written', 'file'), 'into nothing');
    await writeFile(join(world.root, 'devicemapper', 'data'), Buffer.alloc(MIB));
    await writeFile(join(world.root, 'metadata', '.tmp1234'), 'half');
    const loop = await world.host.loopDevices.attach(join(world.root, 'devicemapper', 'data'));
    const driver = await world.open([`dm.thinpooldev=${pool}`]);
    expect(await briefOf(driver, true)).to.deep.equal([
      `unused-loop ${loop.path} repaired`,
      `stale-file ${join(world.root, 'mnt', 'written')} not-repaired`,
      `stale-file ${join(world.root, 'metadata', '.tmp1234')} repaired`,
    ]);
    expect((await world.host.loopDevices.list()).map(({ path }) => path)).to.not.include(loop.path);
    // What was empty went with the start.
    expect(await readdir(join(world.root, 'mnt'))).to.deep.equal(['written']);
    await driver.close();
  });

  it('says what it could not look at, and looks at the rest', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await mkdir(join(world.root, 'mnt', 'left'));
    world.host.faults.inject({ operation: 'open', errno: 'EACCES' });
    const findings = await driver.check({ repair: true });
    expect(findings.map(brief)).to.deep.equal([
      'unseen thin devices found',
      `stale-file ${join(world.root, 'mnt', 'left')} repaired`,
    ]);
    await driver.close();
  });
});
