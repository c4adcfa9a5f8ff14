import { expect } from 'chai';
import { dmthin, jsonOf } from './support/dmthin.ts';
import { openFake, temporaryPlace } from './support/root.ts';

const MIB = 2 ** 20;

describe('dmthin pool resize', function () {
  this.timeout(60_000);

  it('grows data and metadata of a pool that stays up, for good', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    const driver = await openFake(root);
    await driver.create('web');
    await driver.release();
    expect(await jsonOf(['pool', 'resize', '--data', '320M', '--metadata', '16M'], { root })).to.deep.equal({
      data: 320 * MIB,
      metadata: 16 * MIB,
    });
    const { stdout } = await dmthin(['pool', 'resize', '--data', '352M'], { root });
    expect(stdout.toString()).to.include('369.1MB').and.include('16.78MB');
    const status = await jsonOf<{ data: { total: number } }>(['status'], { root });
    expect(status.data.total).to.equal(352 * MIB);
  });

  it('refuses to shrink, what is no size, and what it cannot do; with 2', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    await (await openFake(root)).release();
    for (const words of [
      ['--data', '64M'],
      ['--data', 'big'],
      ['--metadata', '-1'],
    ]) {
      const { status, stderr } = await dmthin(['pool', 'resize', ...words], { root });
      expect(status, stderr).to.equal(2);
    }
    expect((await dmthin(['pool', 'shrink'], { root })).status).to.equal(2);
    expect((await dmthin(['check'], { root })).status).to.equal(0);
  });
});
