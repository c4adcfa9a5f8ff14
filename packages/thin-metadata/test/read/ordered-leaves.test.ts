import { thinId } from '@dmthin/domain';
import { dumpPool, type MemoryMetadataDevice, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { Block } from '#src/format/block';
import { addressAt, entryCount, keyAt, NODE, setAddress, setKey } from '#src/format/node';
import { seal } from '#src/format/seal';
import { errnoOf } from '../support/errno-of.ts';
import { largePool } from '../support/sample-pool.ts';

describe('a reader of forged trees', () => {
  let device: MemoryMetadataDevice;
  let root: number;
  beforeEach(() => {
    device = largePool(1, 3000);
    root = readPool(device).rootOf(thinId(1)) as number;
  });

  function forge(number: number, change: (node: Block) => void): void {
    const node = new Block(number, NODE);
    node.bytes.set(device.read(number));
    change(node);
    seal(node);
    device.write(number, node.bytes);
  }

  const failure = (): string | undefined =>
    errnoOf(() => {
      for (const _ of dumpPool(readPool(device)));
    });

  it('stops where a tree goes in circles', () => {
    forge(root, (node) => setAddress(node, 1, root));
    expect(failure()).to.equal('EILSEQ');
  });

  it('stops where a leaf stands twice', () => {
    forge(root, (node) => setAddress(node, 2, addressAt(node, 1)));
    expect(failure()).to.equal('EILSEQ');
  });

  it('stops where the keys of a leaf do not ascend', () => {
    const [, second] = [...readPool(device).leaves(thinId(1))];
    forge(second?.number ?? 0, (node) => setKey(node, 4, keyAt(node, 3)));
    expect(failure()).to.equal('EILSEQ');
  });

  it('stops where a key of a node does not ascend', () => {
    forge(root, (node) => setKey(node, entryCount(node) - 1, 1));
    expect(failure()).to.equal('EILSEQ');
  });
});
