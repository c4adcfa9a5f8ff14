import { codeOf } from '@dmthin/conformance';
import { bytes, sectors, thinId } from '@dmthin/domain';
import type { BlockDevice, BlockDevices } from '@dmthin/ports';
import { expect } from 'chai';
import { id, MIB, POOL, World } from './fixture/world.ts';

const A = id('a');
const B = id('b');

describe('the audit of a pool', () => {
  it('finds nothing where records and pool agree, live or not', async () => {
    const world = await World.fake();
    const pool = await world.open();
    expect(await pool.audit(world.kernel.blockDevices)).to.deep.equal({ lost: [], orphans: [] });
    await pool.create(A, MIB);
    await pool.snapshot(B, A);
    await world.kernel.write(await pool.activate(A), 'text');
    expect(await pool.audit(world.kernel.blockDevices)).to.deep.equal({ lost: [], orphans: [] });
  });

  it('finds thin devices without records, with what they hold, and records without thin devices (defect 8)', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await pool.create(B, MIB);
    await world.kernel.write(await pool.activate(B), 'text');
    await pool.deactivate(B);
    await pool.close();
    world.records.volumes.delete(B);
    await world.kernel.control().message(POOL, sectors(0), 'delete 1');

    const again = await world.open();
    const audit = await again.audit(world.kernel.blockDevices);
    expect(audit).to.deep.equal({ lost: ['a'], orphans: [{ thinId: 2, mapped: bytes(65_536) }] });
    await again.deleteOrphan(thinId(2));
    await again.delete(A);
    expect(await again.audit(world.kernel.blockDevices)).to.deep.equal({ lost: [], orphans: [] });
    expect([...(await world.kernel.thinIds())]).to.deep.equal([]);
  });

  it('never deletes the thin device of a volume', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    expect(await codeOf(pool.deleteOrphan(thinId(1)))).to.equal('CONFLICT');
    expect(await codeOf(pool.deleteOrphan(thinId(7)))).to.equal('NO_DATA');
    expect([...(await world.kernel.thinIds())]).to.deep.equal([1]);
  });

  it('takes no change that is under way for a fault', async () => {
    const world = await World.fake();
    const pool = await world.open();
    const changes = Array.from({ length: 6 }, async (_, index) => {
      await pool.create(id(`v${index}`), MIB);
      await pool.delete(id(`v${index}`));
    });
    for (let asked = 0; asked < 10; asked += 1)
      expect(await pool.audit(world.kernel.blockDevices)).to.deep.equal({ lost: [], orphans: [] });
    await Promise.all(changes);
  });

  it('reads again what was committed in between, and has it held where that never ends', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const device = await pool.activate(A);
    let reads = 0;
    let limit = 3;
    // Whenever the superblock has been read, something is written and committed.
    const busy = reading(world.kernel.blockDevices, async () => {
      reads += 1;
      if (reads > limit) return;
      await world.kernel.control().message(POOL, sectors(0), `create_thin ${100 + reads}`);
      await world.kernel.control().message(POOL, sectors(0), `delete ${100 + reads}`);
    });
    expect(await pool.audit(busy)).to.deep.equal({ lost: [], orphans: [] });
    expect(reads).to.be.within(4, 8);
    limit = 1000;
    expect(await pool.audit(busy)).to.deep.equal({ lost: [], orphans: [] });
    await world.kernel.control().message(POOL, sectors(0), 'reserve_metadata_snap');
    expect(await codeOf(pool.audit(busy))).to.equal('BUSY');
    await world.kernel.write(device, 'goes on');
  });

  it('believes the pool rather than a list that is behind', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await pool.create(B, MIB);
    const stale = await frozen(world.kernel.blockDevices);
    await pool.delete(B);
    await pool.create(id('c'), MIB);
    await pool.create(id('d'), MIB);
    expect(await pool.audit(stale)).to.deep.equal({ lost: [], orphans: [] });
  });
});

/** Runs `after` each time the first block of a device was read. */
function reading(devices: BlockDevices, after: () => Promise<void>): BlockDevices {
  return changed(devices, (device) => ({
    ...device,
    read: async (offset, length) => {
      const content = await device.read(offset, length);
      if (offset === 0n && length === 4096) await after();
      return content;
    },
  }));
}

/** Shows for ever what the metadata device holds now, as a cache may that nobody invalidates. */
async function frozen(devices: BlockDevices): Promise<BlockDevices> {
  const device = await devices.open('/dev/block/8:0');
  const content = Uint8Array.from(await device.read(0n, Number(device.size)));
  return changed(devices, (fresh) => ({
    ...fresh,
    read: async (offset, length) => content.subarray(Number(offset), Number(offset) + length),
  }));
}

function changed(devices: BlockDevices, change: (device: BlockDevice) => BlockDevice): BlockDevices {
  return {
    identify: (path) => devices.identify(path),
    size: (path) => devices.size(path),
    open: async (path) => change(await devices.open(path)),
  };
}
