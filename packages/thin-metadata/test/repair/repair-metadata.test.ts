import { thinId } from '@dmthin/domain';
import {
  checkMetadata,
  dumpPool,
  MemoryMetadataDevice,
  openPoolMetadata,
  readPool,
  repairMetadata,
  type SalvageReport,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { Block } from '#src/format/block';
import { entryCount, keyAt, NODE, setAddress, setKey } from '#src/format/node';
import { seal } from '#src/format/seal';
import { errnoOf } from '../support/errno-of.ts';
import { largePool } from '../support/sample-pool.ts';
import { textOf } from '../support/text-of.ts';

const NUMBERS = { transactionId: 0n, dataBlockSize: 128, dataBlocks: 9100 };
const GARBAGE = new Uint8Array(4096).fill(0xa5);

describe('repairMetadata', () => {
  const original = largePool(3, 3000);
  const { superblock } = readPool(original);
  const dump = textOf(dumpPool(readPool(original)));
  let damaged: MemoryMetadataDevice;
  let target: MemoryMetadataDevice;
  beforeEach(() => {
    damaged = original.copy();
    target = new MemoryMetadataDevice(4096);
  });

  function repair(numbers = {}): SalvageReport {
    const report = repairMetadata(damaged, target, numbers);
    expect(checkMetadata(target)).to.deep.equal([]);
    return report;
  }

  function forge(number: number, change: (node: Block) => void): void {
    const node = new Block(number, NODE);
    node.bytes.set(damaged.read(number));
    change(node);
    seal(node);
    damaged.write(number, node.bytes);
  }

  const repaired = (): string => textOf(dumpPool(readPool(target)));

  it('copies a sound pool', () => {
    expect(repair()).to.deep.equal({
      isSuperblockLost: false,
      areRootsFound: false,
      devices: 3,
      mappedBlocks: 9000,
      incomplete: [],
      lost: [],
    });
    expect(repaired()).to.equal(dump);
  });

  it('loses what one leaf had, and nothing else', () => {
    damaged.write(leafOf(original, 2), GARBAGE);
    const { incomplete, mappedBlocks } = repair();
    expect(incomplete).to.deep.equal([{ thin: 2, lostBlocks: 9000 - mappedBlocks }]);
    expect(9000 - mappedBlocks).to.be.within(84, 252);
    const lines = new Set(dump.split('\n'));
    const unknown = repaired()
      .split('\n')
      .filter((line) => !lines.has(line) && !line.includes('dev_id="2"'));
    expect(unknown.length).to.be.lessThan(3);
  });

  it('leaves out a leaf that contradicts itself, and nodes that lead back', () => {
    forge(leafOf(original, 2), (leaf) => setKey(leaf, 5, keyAt(leaf, 4)));
    const [root = 0] = rootsOf(original);
    forge(root, (node) => setAddress(node, entryCount(node) - 1, root));
    const { incomplete, mappedBlocks } = repair();
    expect(incomplete.map(({ thin }) => thin)).to.deep.equal([1, 2]);
    expect(9000 - mappedBlocks).to.be.within(168, 504);
  });

  it('finds the trees again that the superblock named', () => {
    damaged.write(0, GARBAGE);
    const report = repair(NUMBERS);
    expect(report).to.include({ isSuperblockLost: true, areRootsFound: true, devices: 3, mappedBlocks: 9000 });
    expect(repaired().replace('time="100000"', 'time="0"')).to.equal(dump);
  });

  it('asks for the numbers that a lost superblock had', () => {
    damaged.write(0, GARBAGE);
    expect(() => repairMetadata(damaged, target)).to.throw('superblock: transaction id');
    expect(target.read(0).every((byte) => byte === 0)).to.equal(true);
  });

  it('takes the newest of the roots that lie about', () => {
    const pool = openPoolMetadata(damaged, { dataBlockSize: 128, format: false });
    for (let id = 10; id < 14; id++) {
      pool.createSnapshot(thinId(id), thinId(1));
      pool.commit();
    }
    const newest = textOf(dumpPool(readPool(damaged)));
    damaged.write(0, GARBAGE);
    repair(NUMBERS);
    expect(repaired().replace('time="100000"', 'time="4"')).to.equal(newest);
  });

  it('keeps devices whose details are lost, as if all they map were shared', () => {
    damaged.write(superblock.detailsRoot, GARBAGE);
    const report = repair();
    expect(report.devices).to.equal(3);
    expect(report.mappedBlocks).to.equal(9000);
  });

  it('says that there is nothing where there is nothing', () => {
    damaged = new MemoryMetadataDevice(64);
    expect(errnoOf(() => repairMetadata(damaged, target, NUMBERS))).to.equal('EILSEQ');
  });
});

function rootsOf(device: MemoryMetadataDevice): readonly number[] {
  const pool = readPool(device);
  return [...pool.thinDevices()].map(({ id }) => pool.rootOf(id) as number);
}

/** A leaf of a device's mappings that is not its first. */
function leafOf(device: MemoryMetadataDevice, thin: number): number {
  const leaves = [...readPool(device).leaves(thinId(thin))];
  return (leaves[2] as { number: number }).number;
}
