import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../support/expect-error.ts';
import { entry, streamOf, tarOf } from '../support/tars.ts';
import { fakeWorld } from './driver-world.ts';
import { list, read, write } from './layers.ts';

const TAR = tarOf([entry('etc/hosts'), 'localhost'], [entry('data'), 'x'.repeat(5000)]);

describe('import of a layer', function () {
  this.timeout(60_000);

  it('makes it with the content of a tar, on top of its parent', async () => {
    await using world = await fakeWorld('memory');
    const driver = await world.open();
    await driver.create('os');
    await write(driver, 'os', { base: 'there' });
    expect(await driver.import('web', streamOf(TAR), { parent: 'os', storageOptions: { size: '32M' } })).to.equal(
      5009n,
    );
    expect(driver.layer('web')).to.include({ parent: 'os', size: 32n << 20n });
    expect(await list(driver, 'web')).to.deep.equal(['base', 'data', 'etc']);
    await driver.close();
    const again = await world.open();
    expect(await read(again, 'web', 'etc/hosts')).to.equal('localhost');
    await again.close();
  });

  it('leaves nothing of one whose tar is cut off, or whose caller gave up', async () => {
    await using world = await fakeWorld('memory');
    const driver = await world.open();
    const { used } = (await driver.status()).data;
    await errorOf(driver.import('web', streamOf(TAR.subarray(0, 3000))), 'CORRUPT');
    await errorOf(driver.import('web', streamOf(TAR), {}, AbortSignal.abort()), 'ABORTED');
    expect(driver.layers()).to.deep.equal([]);
    expect((await driver.status()).data.used).to.equal(used);
    expect(await readdir(join(world.root, 'dmthin', 'filling'))).to.deep.equal([]);
    await driver.import('web', streamOf(TAR));
    await driver.close();
  });

  it('takes no layer that is there for one of its own, and leaves it as it is', async () => {
    await using world = await fakeWorld('memory');
    const driver = await world.open();
    await driver.create('web');
    await write(driver, 'web', { mine: 'kept' });
    await errorOf(driver.import('web', streamOf(TAR)), 'ALREADY_EXISTS');
    expect(await read(driver, 'web', 'mine')).to.equal('kept');
    await driver.close();
    const again = await world.open();
    expect(again.layers().map(({ id }) => id)).to.deep.equal(['web']);
    await again.close();
  });
});
