import { thinId } from '@dmthin/domain';
import { dumpXml, MemoryMetadataDevice, openPoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';

describe('dumpXml', () => {
  it('prints what thin_dump 0.9 prints: runs of one time, single blocks, devices without any', () => {
    const device = new MemoryMetadataDevice(64);
    const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
    pool.growData(100);
    pool.createThin(thinId(1));
    const thin = pool.openThin(thinId(1));
    for (const block of [0, 1, 2, 7]) pool.insert(thin, block, pool.allocateData());
    pool.createSnapshot(thinId(2), thinId(1));
    pool.insert(thin, 3, pool.allocateData());
    pool.createThin(thinId(5));
    pool.commit();
    expect([...dumpXml(readPool(device))].join('')).to.equal(
      `<superblock uuid="" time="1" transaction="0" flags="0" version="2" data_block_size="128" nr_data_blocks="100">
  <device dev_id="1" mapped_blocks="5" transaction="0" creation_time="0" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="3" time="0"/>
    <single_mapping origin_block="3" data_block="4" time="1"/>
    <single_mapping origin_block="7" data_block="3" time="0"/>
  </device>
  <device dev_id="2" mapped_blocks="4" transaction="0" creation_time="1" snap_time="1">
    <range_mapping origin_begin="0" data_begin="0" length="3" time="0"/>
    <single_mapping origin_block="7" data_block="3" time="0"/>
  </device>
  <device dev_id="5" mapped_blocks="0" transaction="0" creation_time="1" snap_time="1">
  </device>
</superblock>
`,
    );
  });
});
