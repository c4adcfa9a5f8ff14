import { thinId } from '@dmthin/domain';
import { MemoryMetadataDevice, openPoolMetadata } from '@dmthin/thin-metadata';

/** A pool of three devices: 1 was written, snapshotted as 2 and written again; 5 has nothing. */
export function smallPool(): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(64);
  const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
  pool.growData(100);
  pool.createThin(thinId(1));
  const thin = pool.openThin(thinId(1));
  for (const block of [0, 1, 2, 7]) pool.insert(thin, block, pool.allocateData());
  pool.createSnapshot(thinId(2), thinId(1));
  pool.insert(thin, 3, pool.allocateData());
  pool.insert(thin, 1, pool.allocateData());
  pool.createThin(thinId(5));
  pool.commit();
  return device;
}

/** A pool of `devices` devices with `blocks` mappings each, in runs of ten, all of them their own. */
export function largePool(devices: number, blocks: number): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(4096);
  const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
  pool.growData(devices * blocks + 100);
  for (let id = 1; id <= devices; id++) {
    pool.createThin(thinId(id));
    const thin = pool.openThin(thinId(id));
    for (let block = 0; block < blocks; block++) pool.insert(thin, block + Math.floor(block / 10), pool.allocateData());
    pool.closeThin(thin);
  }
  pool.commit();
  return device;
}
