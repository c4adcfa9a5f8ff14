import {
  checkMetadata,
  dumpPool,
  type Fault,
  listDevices,
  MemoryMetadataDevice,
  readPool,
  repairMetadata,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { Block } from '#src/format/block';
import { seal } from '#src/format/seal';
import { errnoOf } from '../support/errno-of.ts';
import { kindOf, liveBlocks } from '../support/live-blocks.ts';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';
import { runs } from '../support/runs.ts';
import { type ScratchDevice, scratchDevice } from '../support/scratch-device.ts';
import { textOf } from '../support/text-of.ts';
import { tool } from '../support/tool.ts';

const BLOCKS = 1024;
const DATA_BLOCKS = 40_000;

/** Bits to flip in one block: anywhere, or mostly where headers, the first keys and the first values are. */
const offset = fc.oneof(fc.nat(4095), fc.nat(400), fc.integer({ min: 2048, max: 2400 }));
const damage = fc.record({
  block: fc.nat(),
  flips: fc.array(fc.tuple(offset, fc.nat(7)), { minLength: 1, maxLength: 3 }),
  isSealed: fc.boolean(),
});

describe('damaged pools, beside thin_check', function () {
  this.timeout(0);
  let scratch: ScratchDevice;
  before(() => {
    scratch = scratchDevice(BLOCKS);
  });
  after(() => scratch.remove());

  it('have no fault that only thin_check finds, never count as clean for nothing, and fail in order', () => {
    let isUnclean = 0;
    let count = 0;
    fc.assert(
      fc.property(
        fc.array(poolStep, { minLength: 20, maxLength: 60 }),
        fc.array(damage, { minLength: 10, maxLength: 10 }),
        (steps, damages) => {
          const sound = poolOf(steps);
          const live = liveBlocks(sound);
          for (const { block, flips, isSealed } of damages) {
            const device = damaged(sound, live[block % live.length] as number, flips, isSealed);
            scratch.fill(device);
            const faults = checkMetadata(device);
            const theirs = tool('thin_check', scratch.path);
            count++;
            if (theirs.status !== 0) isUnclean++;
            compareFindings(faults, theirs.status, theirs.stderr);
            if (isClean(faults)) expect(contentOf(device)).to.deep.equal(contentOf(sound));
            if (!isSealed && isChanged(device, sound)) expect(isClean(faults)).to.equal(false);
            expectOrder(device);
          }
        },
      ),
      { numRuns: Math.ceil(runs(20) / 10), endOnFailure: true },
    );
    // Else the damage would be no test.
    expect(isUnclean / count).to.be.greaterThan(0.1);
  });
});

function poolOf(steps: readonly ((model: PoolModel) => void)[]): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(BLOCKS);
  const model = new PoolModel(device, DATA_BLOCKS);
  for (const change of steps) change(model);
  model.commit();
  return device;
}

function damaged(
  sound: MemoryMetadataDevice,
  number: number,
  flips: readonly (readonly [at: number, bit: number])[],
  isSealed: boolean,
): MemoryMetadataDevice {
  const device = sound.copy();
  const block = new Block(number, kindOf(sound, number));
  block.bytes.set(sound.read(number));
  for (const [at, bit] of flips) block.bytes[at] = (block.bytes[at] as number) ^ (1 << bit);
  if (isSealed) seal(block);
  device.write(number, block.bytes);
  return device;
}

/** Not where two flips undo each other. */
function isChanged(device: MemoryMetadataDevice, sound: MemoryMetadataDevice): boolean {
  for (let block = 0; block < BLOCKS; block++)
    if (Buffer.compare(device.read(block), sound.read(block)) !== 0) return true;
  return false;
}

const isClean = (faults: readonly Fault[]): boolean => faults.every(({ severity }) => severity === 'note');

/** Everything that thin_check says is among what we say. */
function compareFindings(faults: readonly Fault[], status: number, text: string): void {
  const wanted = (place: Fault['place'] | undefined, block?: number): void => {
    const isFound = faults.some(
      (fault) =>
        (place === undefined || fault.place === place) &&
        (block === undefined || ((fault.block ?? Number.NaN) <= block && block < (fault.block ?? 0) + fault.blocks)),
    );
    expect(isFound, `${place} ${block}: ${text}${JSON.stringify(faults)}`).to.equal(true);
  };
  if (status !== 0) expect(isClean(faults), text).to.equal(false);
  for (const line of text.split('\n')) {
    if (line.includes('superblock is corrupt')) wanted('superblock');
    if (/missing devices:/u.test(line)) wanted('device details');
    if (/missing (all )?mappings/u.test(line)) wanted('mappings');
    // A node with a fault is told as that; that thin_check then counts nothing below it is no fault of its own.
    const [, block] = /reference counts differ for block (\d+)/u.exec(line) ?? [];
    const hasBrokenTree = faults.some(({ place, severity }) => place === 'data space map' && severity === 'fatal');
    if (block !== undefined && !hasBrokenTree) wanted(undefined, Number(block));
  }
}

/**
 * Which data blocks each device maps, in their order: without what no check can know to be right, such as times, ids of
 * transactions, the pool's own numbers, and a thin block that became one between its neighbours.
 */
function contentOf(device: MemoryMetadataDevice): readonly unknown[] {
  const pool = readPool(device);
  return [...pool.thinDevices()].map(({ id }) => [id, [...pool.mappings(id)].map(({ dataBlock }) => dataBlock)]);
}

/** Whatever is asked of it, nothing but a DmError is thrown, and what repair makes is sound. */
function expectOrder(device: MemoryMetadataDevice): void {
  errnoOf(() => textOf(dumpPool(readPool(device))));
  errnoOf(() => listDevices(readPool(device)));
  const target = new MemoryMetadataDevice(BLOCKS);
  const given = { transactionId: 0n, dataBlockSize: 128, dataBlocks: DATA_BLOCKS };
  let isMade = false;
  errnoOf(() => {
    repairMetadata(device, target, given);
    isMade = true;
  });
  if (isMade) expect(checkMetadata(target)).to.deep.equal([]);
}
