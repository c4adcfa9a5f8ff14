import { type ThinId, thinId } from '@dmthin/domain';
import { MemoryMetadataDevice, type MetadataDevice, openPoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';

/** A pool of many thin devices, with gaps between their ids. */
function poolOf(ids: readonly number[]): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(4096);
  const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
  for (const id of ids) pool.createThin(thinId(id));
  pool.commit();
  return device;
}

describe('a pool reader', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => index * 3);
  const pool = poolOf(ids);

  it('gives the thin devices from any id on', () => {
    fc.assert(
      fc.property(fc.nat(3100), (from) => {
        const given: ThinId[] = [...readPool(pool).thinDevices(from)].map(({ id }) => id);
        expect(given).to.deep.equal(ids.filter((id) => id >= from));
      }),
    );
  });

  it('does not read what comes before it', () => {
    let reads = 0;
    const counted: MetadataDevice = {
      nrBlocks: pool.nrBlocks,
      read: (block) => {
        reads++;
        return pool.read(block);
      },
      write: () => undefined,
      flush: () => undefined,
    };
    expect([...readPool(counted).thinDevices(2997)].map(({ id }) => Number(id))).to.deep.equal([2997]);
    // The superblock, and the way down to one leaf.
    expect(reads).to.be.at.most(4);
  });
});
