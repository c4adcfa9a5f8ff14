import { join } from 'node:path';
import { codeOf } from '@dmthin/conformance';
import { type DeviceName, sectors } from '@dmthin/domain';
import { expect } from 'chai';
import { type Bench, MIB, openBench, removeScratch } from '../fixture.ts';

const DEVICE = 'mapped' as DeviceName;

describe('loop devices of the fake host', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = openBench(undefined, { maxLoopDevices: 2 });
  });
  afterEach(() => removeScratch(bench.scratch));

  it('run out', async () => {
    await bench.loop('one', MIB);
    await bench.loop('two', MIB);
    expect(await codeOf(bench.loop('three', MIB))).to.equal('NO_SPACE');
    const [first] = await bench.host.loopDevices.list();
    if (first !== undefined) await bench.host.loopDevices.detach(first);
    expect(await bench.loop('three', MIB)).to.equal('/dev/loop0');
  });

  it('go with the table that stands on them', async () => {
    const path = await bench.loop('disk', MIB);
    await bench.kernel.create(DEVICE);
    await bench.kernel.load(DEVICE, [
      { start: sectors(0), length: sectors(2048), type: 'linear', params: `${path} 0` },
    ]);
    await bench.kernel.resume(DEVICE);
    expect(await bench.host.loopDevices.list()).to.have.length(1);
    await bench.kernel.remove(DEVICE);
    expect(await bench.host.loopDevices.list()).to.deep.equal([]);
    expect(await bench.host.loopDevices.find(join(bench.scratch, 'disk'))).to.equal(undefined);
  });

  it('refuse what is no regular file', async () => {
    expect(await codeOf(bench.host.loopDevices.attach(bench.scratch))).to.equal('INVALID_ARGUMENT');
  });

  it('stay when a mount of them is refused', async () => {
    const path = await bench.loop('disk', MIB);
    const target = bench.directory('target');
    expect(await codeOf(bench.host.mounts.mount({ source: path, target, type: 'ext4' }))).to.equal('INVALID_ARGUMENT');
    expect(await bench.host.loopDevices.list()).to.have.length(1);
  });
});
