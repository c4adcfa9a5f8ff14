import { thinId } from '@dmthin/domain';
import { dumpPool, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { largePool, smallPool } from '../support/sample-pool.ts';
import { textOf } from '../support/text-of.ts';

describe('dumpPool', () => {
  const pool = readPool(smallPool());

  it('prints what thin_dump 0.9 prints: runs of one time, single blocks, devices without any', () => {
    expect(textOf(dumpPool(pool))).to.equal(
      `<superblock uuid="" time="1" transaction="0" flags="0" version="2" data_block_size="128" nr_data_blocks="100">
  <device dev_id="1" mapped_blocks="5" transaction="0" creation_time="0" snap_time="1">
    <single_mapping origin_block="0" data_block="0" time="0"/>
    <single_mapping origin_block="1" data_block="5" time="1"/>
    <single_mapping origin_block="2" data_block="2" time="0"/>
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

  it('prints some devices, or none of their mappings, where that is asked for', () => {
    const one = textOf(dumpPool(pool, { devices: new Set([thinId(2)]), skipMappings: true }));
    expect(one.split('\n').slice(1, -2)).to.deep.equal([
      '  <device dev_id="2" mapped_blocks="4" transaction="0" creation_time="1" snap_time="1">',
      '  </device>',
    ]);
  });

  it('prints lines of JSON, with counts at their end', () => {
    const lines = textOf(dumpPool(pool, { format: 'json', devices: new Set([thinId(2)]) }))
      .trimEnd()
      .split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).to.deep.equal([
      { pool: { uuid: '', time: 1, flags: 0, version: 2, dataBlockSize: 128, dataBlocks: 100, transactionId: 0 } },
      { device: 2, mappedBlocks: 4, transactionId: 0, creationTime: 1, snapshottedTime: 1 },
      { block: 0, dataBlock: 0, length: 3, time: 0 },
      { block: 7, dataBlock: 3, length: 1, time: 0 },
      { end: { devices: 1, blocks: 4 } },
    ]);
  });

  it('comes in chunks that do not grow with the pool', () => {
    const chunks = [...dumpPool(readPool(largePool(3, 20_000)))];
    expect(chunks.length).to.be.greaterThan(3);
    for (const chunk of chunks) expect(chunk.length).to.be.lessThan(100_000);
  });
});
