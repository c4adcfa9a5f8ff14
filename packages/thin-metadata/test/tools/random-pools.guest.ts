import type { ThinId } from '@dmthin/domain';
import {
  checkMetadata,
  deltaXml,
  dumpPool,
  listDevices,
  MemoryMetadataDevice,
  type PoolReader,
  readPool,
  restorePool,
  reverseMap,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { PoolModel } from '../support/pool-model.ts';
import { poolStep } from '../support/pool-steps.ts';
import { runs } from '../support/runs.ts';
import { type ScratchDevice, scratchDevice } from '../support/scratch-device.ts';
import { textOf } from '../support/text-of.ts';
import { output, tool } from '../support/tool.ts';

const BLOCKS = 1024;
const DATA_BLOCKS = 40_000;

describe('pools made by random operations, beside the tools', function () {
  this.timeout(0);
  let scratch: ScratchDevice;
  before(() => {
    scratch = scratchDevice(BLOCKS);
  });
  after(() => scratch.remove());

  it('are clean, and dump, ls, delta and rmap say the same of them', () => {
    fc.assert(
      fc.property(
        fc.array(poolStep, { minLength: 5, maxLength: 60 }),
        fc.nat(DATA_BLOCKS),
        fc.nat(DATA_BLOCKS),
        (steps, from, length) => {
          const device = poolOf(steps);
          scratch.fill(device);
          expect(checkMetadata(device)).to.deep.equal([]);
          expect(tool('thin_check', scratch.path).status).to.equal(0);
          const pool = readPool(device);
          compareDumps(pool, scratch.path, []);
          compareLists(pool, scratch.path);
          compareDeltas(pool, scratch.path);
          compareReverseMaps(pool, scratch.path, from, from + length + 1);
          if (pool.superblock.heldRoot !== 0) compareDumps(readPool(device, { held: true }), scratch.path, ['-m']);
        },
      ),
      { numRuns: runs(4) },
    );
  });

  it('are restored from their dumps, XML and JSON, and by thin_restore from ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(poolStep, { minLength: 5, maxLength: 60 }), async (steps) => {
        const original = poolOf(steps);
        scratch.fill(original);
        const xml = output('thin_dump', scratch.path);
        const json = textOf(dumpPool(readPool(original), { format: 'json' }));
        for (const dump of [xml, json]) {
          const restored = new MemoryMetadataDevice(BLOCKS);
          await restorePool(restored, [Buffer.from(dump)]);
          expect(checkMetadata(restored)).to.deep.equal([]);
          scratch.fill(restored);
          expect(tool('thin_check', scratch.path).status).to.equal(0);
          expect(output('thin_dump', scratch.path)).to.equal(xml);
          // No two devices share a leaf here, of which thin_rmap would tell only one.
          const pool = readPool(restored);
          expect(ourReverseMap(pool, 0, DATA_BLOCKS)).to.deep.equal(theirReverseMap(scratch.path, 0, DATA_BLOCKS));
        }
      }),
      { numRuns: runs(4) },
    );
  });
});

function poolOf(steps: readonly ((model: PoolModel) => void)[]): MemoryMetadataDevice {
  const device = new MemoryMetadataDevice(BLOCKS);
  const model = new PoolModel(device, DATA_BLOCKS);
  for (const change of steps) change(model);
  model.commit();
  return device;
}

function compareDumps(pool: PoolReader, path: string, words: readonly string[]): void {
  expect(textOf(dumpPool(pool))).to.equal(output('thin_dump', ...words, path));
  const text = output('thin_dump', '-f', 'human_readable', ...words, path);
  expect(textOf(dumpPool(pool, { format: 'human_readable' }))).to.equal(text);
}

function compareLists(pool: PoolReader, path: string): void {
  const fields = 'DEV,MAPPED_BLOCKS,EXCLUSIVE_BLOCKS,SHARED_BLOCKS,TRANSACTION,CREATE_TIME,SNAP_TIME';
  const theirs = output('thin_ls', '--no-headers', '-o', fields, path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/ +/u).map(Number));
  const ours = listDevices(pool).map((thin) => [
    thin.id,
    thin.mappedBlocks,
    thin.exclusiveBlocks,
    thin.sharedBlocks,
    Number(thin.transactionId),
    thin.creationTime,
    thin.snapshottedTime,
  ]);
  expect(ours).to.deep.equal(theirs);
}

function compareDeltas(pool: PoolReader, path: string): void {
  const ids = [...pool.thinDevices()].map(({ id }) => id);
  const pairs = ids.flatMap((left): [ThinId, ThinId][] => ids.map((right) => [left, right])).slice(0, 4);
  for (const [left, right] of pairs)
    for (const verbose of [false, true]) {
      const words = ['--thin1', `${left}`, '--thin2', `${right}`, ...(verbose ? ['--verbose'] : [])];
      expect(textOf(deltaXml(pool, { left, right, verbose })), words.join(' ')).to.equal(
        output('thin_delta', ...words, path),
      );
    }
}

/** Of a leaf that several devices share thin_rmap tells only the first; what it tells has to be there. */
function compareReverseMaps(pool: PoolReader, path: string, begin: number, end: number): void {
  const ours = new Set(ourReverseMap(pool, begin, end).flatMap(blocksOf));
  const theirs = theirReverseMap(path, begin, end).flatMap(blocksOf);
  for (const mapping of theirs) expect(ours.has(mapping), mapping).to.equal(true);
  const dataBlocks = (mappings: Iterable<string>): Set<string | undefined> =>
    new Set([...mappings].map((mapping) => mapping.split(' ')[0]));
  expect(dataBlocks(ours)).to.deep.equal(dataBlocks(theirs));
}

function ourReverseMap(pool: PoolReader, begin: number, end: number): string[] {
  return reverseMap(pool, [{ begin, end }])
    .map(
      ({ dataBegin, dataEnd, thin, thinBegin }) =>
        `data ${dataBegin}..${dataEnd} -> thin(${thin}) ${thinBegin}..${thinBegin + dataEnd - dataBegin}`,
    )
    .sort();
}

function theirReverseMap(path: string, begin: number, end: number): string[] {
  return output('thin_rmap', '--region', `${begin}..${end}`, path)
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** `DATA THIN BLOCK` of every block in a run. */
function blocksOf(line: string): string[] {
  const [begin = 0, end = 0, thin = 0, thinBegin = 0] = (line.match(/\d+/gu) ?? []).map(Number);
  return Array.from({ length: end - begin }, (_, i) => `${begin + i} ${thin} ${thinBegin + i}`);
}
