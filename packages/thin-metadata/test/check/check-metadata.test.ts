import { thinId } from '@dmthin/domain';
import { checkMetadata, type Fault, MemoryMetadataDevice, openPoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { BITMAP, setCount } from '#src/format/bitmap';
import { Block, type BlockKind } from '#src/format/block';
import { entryCount, keyAt, NODE, setAddress, setEntryCount, setKey, valueOffset } from '#src/format/node';
import { seal } from '#src/format/seal';
import { setU64 } from '#src/format/u64';
import { isSound, kindOf, liveBlocks, memoryOf } from '../support/live-blocks.ts';

/** A pool of two devices that share most of what they map, with metadata held. */
function samplePool(): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(1024);
  const pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
  pool.growData(20_000);
  pool.createThin(thinId(1));
  const thin = pool.openThin(thinId(1));
  for (let block = 0; block < 2000; block++) pool.insert(thin, block, pool.allocateData());
  pool.createSnapshot(thinId(2), thinId(1));
  pool.createSnapshot(thinId(3), thinId(2));
  for (let block = 0; block < 2000; block += 400) pool.insert(thin, block, pool.allocateData());
  pool.commit();
  pool.reserveMetadataSnapshot();
  pool.commit();
  pool.createThin(thinId(4));
  pool.commit();
  return device;
}

describe('checkMetadata', () => {
  const sample = samplePool();
  let device: MemoryMetadataDevice;
  beforeEach(() => {
    device = sample.copy();
  });

  /** Changes a block, seals it again so that only its meaning is wrong, and checks. */
  function damage(number: number, kind: BlockKind, change: (block: Block) => void): readonly Fault[] {
    const block = new Block(number, kind);
    block.bytes.set(device.read(number));
    change(block);
    seal(block);
    device.write(number, block.bytes);
    return checkMetadata(device);
  }

  const { superblock } = readPool(sample);
  const findings = (faults: readonly Fault[]) => faults.map(({ finding }) => finding).join('\n');
  const places = (faults: readonly Fault[]) => new Set(faults.map(({ place }) => place));

  it('finds nothing in a sound pool', () => {
    expect(checkMetadata(device)).to.deep.equal([]);
  });

  it('finds every changed bit of every block in use', () => {
    const live = liveBlocks(sample);
    fc.assert(
      fc.property(fc.constantFrom(...live), fc.nat(4096 * 8 - 1), (number, bit) => {
        const broken = sample.copy();
        const bytes = broken.read(number).slice();
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        broken.write(number, bytes);
        const faults = checkMetadata(broken);
        expect(faults).not.to.deep.equal([]);
        expect(faults.some(({ block }) => block === number)).to.equal(true);
      }),
      { numRuns: 150 },
    );
  });

  it('never throws anything, whatever a sealed block says', function () {
    this.timeout(30_000);
    fc.assert(
      fc.property(
        fc.constantFrom(...liveBlocks(sample)),
        fc.array(fc.tuple(fc.nat(511), fc.uint8Array({ minLength: 1, maxLength: 8 })), { minLength: 1, maxLength: 3 }),
        (number, changes) => {
          device = sample.copy();
          const kind = kindOf(device, number);
          damage(number, kind, ({ bytes }) => {
            for (const [at, patch] of changes) bytes.set(patch, at * 8);
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('says that the pool is lost with its superblock', () => {
    device.write(0, new Uint8Array(4096).fill(1));
    const [fault, ...others] = checkMetadata(device);
    expect(others).to.deep.equal([]);
    expect([fault?.place, fault?.block, fault?.consequence]).to.deep.equal(['superblock', 0, 'the whole pool is lost']);
  });

  it('finds keys out of order', () => {
    const faults = damage(leafOf(device), NODE, (leaf) => setKey(leaf, 3, keyAt(leaf, 5)));
    expect(findings(faults)).to.contain('its keys are not in ascending order at entry 4');
  });

  it('finds a leaf that lies outside of what its parent says', () => {
    const faults = damage(leafOf(device), NODE, (leaf) => setKey(leaf, entryCount(leaf) - 1, 1_000_000));
    expect(findings(faults)).to.match(/its key \d+ is not above the one before, 1000000/);
  });

  it('finds a leaf that begins before its parent says, and a tree that goes in circles', () => {
    const root = readPool(device).rootOf(thinId(1)) as number;
    const low = damage(root, NODE, (node) => setKey(node, 1, keyAt(node, 1) + 1));
    expect(findings(low)).to.match(/its key \d+ is above the first below it, \d+/u);
    const round = damage(root, NODE, (node) => setAddress(node, 1, root));
    expect(findings(round)).to.include('goes in circles');
  });

  it('finds a mapping to no data block, and the device with its wrong count', () => {
    const faults = damage(leafOf(device), NODE, (leaf) => setU64(leaf.view, valueOffset(leaf, 0), 30_000 * 2 ** 24));
    expect(findings(faults)).to.contain('to data block 30000 of 20000');
    expect(places(faults)).to.include('data space map');
  });

  it('finds a lost mapping in details and in reference counts', () => {
    const faults = damage(leafOf(device), NODE, (leaf) => setEntryCount(leaf, entryCount(leaf) - 1));
    expect([...places(faults)]).to.have.members(['device details', 'data space map']);
  });

  it('tells a block that may be overwritten from one that leaked', () => {
    const bitmap = bitmapOf(device);
    const low = damage(bitmap, BITMAP, (block) => setCount(block, superblock.mappingRoot, 0));
    expect(low.map(({ consequence }) => consequence)).to.include(
      'a block in use may be handed out again, and overwritten',
    );
    const high = damage(bitmap, BITMAP, (block) => {
      setCount(block, superblock.mappingRoot, 2);
      setCount(block, 1000, 1);
    });
    expect(high.map(({ block }) => block)).to.include(1000);
    expect(high.map(({ consequence }) => consequence)).to.include('the space is lost until the pool is repaired');
  });

  it('does not call leaked what only a damaged node refers to', () => {
    device.write(leafOf(device), new Uint8Array(4096));
    const faults = checkMetadata(device);
    const leaks = faults.filter(({ place }) => place === 'data space map');
    expect(leaks).not.to.deep.equal([]);
    for (const { severity } of leaks) expect(severity).to.equal('note');
  });

  it('finds devices that have only half of what a device has', () => {
    const faults = damage(superblock.detailsRoot, NODE, (leaf) => setKey(leaf, entryCount(leaf) - 1, 77));
    expect(findings(faults)).to.contain('thin device 4 has mappings but no details');
    expect(findings(faults)).to.contain('thin device 77 has details but no mappings');
  });
});

/** A full leaf of mappings. */
function leafOf(device: MemoryMetadataDevice): number {
  const leaf = liveBlocks(device).find((number) => {
    if (!isSound(device, number, NODE)) return false;
    const view = memoryOf(device.read(number)).view;
    return view.getUint32(4, true) === 2 && view.getUint32(24, true) === 8 && view.getUint32(16, true) > 100;
  });
  return leaf as number;
}

function bitmapOf(device: MemoryMetadataDevice): number {
  const { superblock } = readPool(device);
  return memoryOf(device.read(superblock.metadataSpaceMap.bitmapRoot)).view.getUint32(16, true);
}
