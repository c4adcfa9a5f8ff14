import { Steps } from '@dmthin/conformance';
import { deviceName } from '@dmthin/domain';
import { expect } from 'chai';
import { id, MIB, World } from './fixture/world.ts';

const A = id('a');
const DEVICE = deviceName('dm-a');

describe('a device that takes no writes', () => {
  it('is made so, and the other way round, where it is live already', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const isReadOnly = async (): Promise<boolean> => (await world.kernel.control().info(DEVICE)).isReadOnly;
    await pool.activate(A, { readOnly: true });
    expect(await isReadOnly()).to.equal(true);
    await pool.activate(A, { readOnly: true });
    expect(await isReadOnly()).to.equal(true);
    await pool.activate(A);
    expect(await isReadOnly()).to.equal(false);
    await pool.deactivate(A);
    await pool.activate(A, { readOnly: true });
    expect(await isReadOnly()).to.equal(true);
    await pool.close();
  });
});

describe('flushing a volume', () => {
  it('suspends and resumes a device that somebody has open, and leaves another alone', async () => {
    const world = World.tiny();
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await pool.create(A, MIB);
    const stepsOfFlush = async (): Promise<readonly string[]> => {
      const before = steps.log.length;
      await pool.flush(A);
      return steps.log.slice(before);
    };
    expect(await stepsOfFlush()).to.deep.equal(['info dm-a']);
    await pool.activate(A);
    expect(await stepsOfFlush()).to.deep.equal(['info dm-a']);
    await world.kernel.hold(DEVICE);
    expect(await stepsOfFlush()).to.deep.equal(['info dm-a', 'suspend dm-a', 'resume dm-a']);
    steps.on(/^suspend/u, { errno: 'EIO' });
    expect(await pool.flush(A).catch((error: Error) => error.message)).to.include('flush volume "a"');
    expect(await world.faults()).to.deep.equal([]);
    await pool.close();
  });
});
