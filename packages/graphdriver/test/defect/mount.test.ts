import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type FakeWorld, fakeWorld } from '../driver/driver-world.ts';
import { inside } from '../driver/layers.ts';
import { errorOf } from '../support/expect-error.ts';

/** What is left of a layer that is not mounted. */
async function leftOf({ kernel, host, root }: FakeWorld): Promise<readonly unknown[]> {
  const devices = (await kernel.list()).length - 1;
  return [devices, await host.mounts.list(), await readdir(join(root, 'mnt'))];
}

const NOTHING: readonly unknown[] = [0, [], []];

describe("Docker's defects, of mounts", function () {
  this.timeout(60_000);

  for (const [what, operation, options] of [
    ['the mount', 'mount', []],
    ['the setting of xfs retries', 'setNoSpaceRetries', ['dm.fs=xfs', 'dm.xfs_nospace_max_retries=0']],
  ] as const)
    it(`where ${what} fails, no device stays active, and the next try succeeds (defect 20)`, async () => {
      await using world = await fakeWorld('docker');
      const driver = await world.open(options);
      await driver.create('a');
      world.host.faults.inject({ operation, errno: 'EIO' });
      await errorOf(driver.mount('a'), 'IO');
      expect(await leftOf(world)).to.deep.equal(NOTHING);
      await inside(driver, 'a', async () => undefined);
      await driver.close();
    });

  it('where the filesystem is not known, no device stays active (defect 20)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await driver.create('a');
    world.host.faults.inject({ operation: 'mount', errno: 'EINVAL' });
    world.host.faults.inject({ operation: 'probe', errno: 'EIO' });
    await errorOf(driver.mount('a'), 'IO');
    expect(await leftOf(world)).to.deep.equal(NOTHING);
    await driver.close();
  });

  it('where the unmount fails, the next one takes all away (defect 20)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    await driver.create('a');
    const root = await driver.mount('a');
    world.host.faults.inject({ operation: 'unmount', errno: 'EPERM' });
    await errorOf(driver.unmount('a'), 'NOT_PERMITTED');
    expect(await world.host.mounts.find(dirname(root))).to.not.equal(undefined);
    await driver.unmount('a');
    expect(await leftOf(world)).to.deep.equal(NOTHING);
    await driver.close();
  });
});
