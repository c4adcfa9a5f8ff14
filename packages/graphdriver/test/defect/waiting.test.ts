import { bytes, DmError, devicePath } from '@dmthin/domain';
import { ManualClock } from '@dmthin/kernel-fake';
import type { BlockDevice } from '@dmthin/ports';
import { expect } from 'chai';
import { fakeWorld, MIB } from '../driver/driver-world.ts';
import { inside } from '../driver/layers.ts';

const GIB = 1024 * MIB;

describe("Docker's defects, of waiting", function () {
  this.timeout(60_000);

  it('while one filesystem grows and another layer is discarded, all others are served (defects 16 and 17)', async () => {
    const grow = new Held();
    const discard = new Held();
    await using world = await fakeWorld('docker', ({ filesystems, blockDevices }) => ({
      filesystems: held(filesystems, 'grow', grow),
      blockDevices: {
        identify: (path) => blockDevices.identify(path),
        size: (path) => blockDevices.size(path),
        open: async (path, options) => held(await blockDevices.open(path, options), 'discard', discard),
      },
    }));
    const driver = await world.open();
    await driver.create('old');
    const growing = driver.create('large', { storageOptions: { size: '40M' } });
    const removing = driver.remove('old');
    await Promise.all([grow.begun, discard.begun]);

    const asked = performance.now();
    expect((await driver.status()).pool.kind).to.equal('ok');
    expect(driver.layers().map(({ id }) => id)).to.include('old');
    expect(driver.metadata('large').DeviceId).to.equal('3');
    await driver.create('other');
    await inside(driver, 'other', async () => undefined);
    expect((await driver.usage('other')).mapped > 0n).to.equal(true);
    expect(performance.now() - asked).to.be.below(2000);

    grow.go();
    discard.go();
    await Promise.all([growing, removing]);
    expect(driver.exists('old')).to.equal(false);
    await driver.close();
  });

  it('a large layer is discarded in slices, between which others have their turn (defect 17)', async () => {
    const slices: bigint[] = [];
    await using world = await fakeWorld('docker', ({ blockDevices }) => ({
      blockDevices: {
        identify: (path) => blockDevices.identify(path),
        size: (path) => blockDevices.size(path),
        open: async (path, options) => noting(await blockDevices.open(path, options), slices),
      },
    }));
    const driver = await world.open(['dm.loopdatasize=8G']);
    await driver.create('large', { storageOptions: { size: '2500M' } });
    await driver.remove('large');
    expect(slices).to.deep.equal([BigInt(GIB), BigInt(GIB), BigInt(2500 * MIB - 2 * GIB)]);
    await driver.close();
  });

  it('closing waits once for all that is in use, and not for each in turn (defect 21)', async () => {
    const clock = new ManualClock();
    await using world = await fakeWorld('docker', () => ({ clock }));
    const driver = await world.open(['dm.use_deferred_removal=false']);
    const users: BlockDevice[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      const { deviceName } = await driver.create(id);
      await driver.mount(id);
      users.push(await world.host.blockDevices.open(devicePath(deviceName)));
    }
    const begun = clock.monotonic();
    // Faster than a second a second, and slow enough for all that wait to try again each time.
    const pump = setInterval(() => clock.advance(100), 4);
    const error = await driver.close().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    clearInterval(pump);
    expect(DmError.is(error, 'BUSY'), String(error)).to.equal(true);
    for (const id of ['a', 'b', 'c', 'd']) expect(String(error)).to.include(`layer "${id}"`);
    expect(clock.monotonic() - begun).to.be.within(20_000, 50_000);
    for (const user of users) await user.close();
  });

  it('a pool that somebody looks at while it is removed is removed a moment later (defect 21)', async () => {
    await using world = await fakeWorld('docker');
    const driver = await world.open();
    const { poolName, data } = await driver.status();
    expect(data.total).to.equal(bytes(256 * MIB));
    world.kernel.faults.fail({ kind: 'remove', device: poolName }, 'EBUSY', { times: 3 });
    await driver.close();
    expect(await world.kernel.list()).to.deep.equal([]);
    expect(await world.host.loopDevices.list()).to.deep.equal([]);
  });
});

/** A call that does not go on until it is told to. */
class Held {
  readonly begun: Promise<void>;
  readonly #gone: Promise<void>;
  #begin: () => void = () => undefined;
  go: () => void = () => undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#gone = new Promise((resolve) => {
      this.go = resolve;
    });
  }

  wait(): Promise<void> {
    this.#begin();
    return this.#gone;
  }
}

function held<Target extends object>(target: Target, call: keyof Target, holder: Held): Target {
  return replaced(target, call, async (original, ...given) => {
    await holder.wait();
    return original(...given);
  });
}

function noting(device: BlockDevice, slices: bigint[]): BlockDevice {
  return replaced(device, 'discard', async (original, ...given) => {
    slices.push(given[1] as bigint);
    return original(...given);
  });
}

type Call = (...given: unknown[]) => Promise<unknown>;

/** The same object, with one of its methods done otherwise. */
function replaced<Target extends object>(
  target: Target,
  call: keyof Target,
  instead: (original: Call, ...given: unknown[]) => Promise<unknown>,
): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const original: Call = member.bind(target);
      return name === call ? (...given: unknown[]) => instead(original, ...given) : original;
    },
  });
}
