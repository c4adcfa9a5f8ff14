import { thinId } from '@dmthin/domain';
import { checkMetadata, type MemoryMetadataDevice, openPoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { largePool } from '../support/sample-pool.ts';

describe('the consequence of a node that cannot be read', () => {
  let device: MemoryMetadataDevice;
  beforeEach(() => {
    device = largePool(3, 3000);
    const pool = openPoolMetadata(device, { dataBlockSize: 128, format: false });
    for (let id = 11; id < 17; id++) pool.createSnapshot(thinId(id), thinId(2));
    pool.commit();
  });

  function consequences(block: number): readonly string[] {
    device.write(block, new Uint8Array(4096));
    return checkMetadata(device)
      .filter(({ severity }) => severity === 'fatal')
      .map(({ consequence }) => consequence);
  }

  it('names the blocks of a device', () => {
    const leaves = [...readPool(device).leaves(thinId(1))];
    const [first = 0, next = 0] = leaves.slice(3, 5).map(({ view }) => view.getUint32(32, true));
    expect(consequences(leaves[3]?.number ?? 0)).to.deep.equal([
      `thin device 1 loses its mappings of blocks ${first} to ${next - 1}`,
    ]);
  });

  it('names some of the devices that share the node, and counts the rest', () => {
    const last = [...readPool(device).leaves(thinId(2))].at(-1);
    const first = last?.view.getUint32(32, true);
    const [consequence = '', ...others] = consequences(last?.number ?? 0);
    expect(others).to.deep.equal([]);
    expect(consequence.split('; ')).to.deep.equal([
      `thin device 2 loses its mappings of blocks ${first} and above`,
      `thin device 11 loses its mappings of blocks ${first} and above`,
      `thin device 12 loses its mappings of blocks ${first} and above`,
      `thin device 13 loses its mappings of blocks ${first} and above, and 3 more like it`,
    ]);
  });

  it('names the devices of a tree of all', () => {
    const { detailsRoot, mappingRoot } = readPool(device).superblock;
    expect(consequences(detailsRoot)).to.deep.equal(['the details of thin devices 0 and above are lost']);
    expect(consequences(mappingRoot)).to.include('all mappings of thin devices 0 and above are lost');
  });
});
