import type { ThinId } from '@dmthin/domain';
import { deltaXml, dumpPool, listDevices, type PoolReader, reverseMap } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { textOf } from './text-of.ts';
import { output } from './tool.ts';

/** thin_dump and thin_delta say the same of the pool at `path`; `words` are more of their options. */
export function compareTexts(pool: PoolReader, path: string, ...words: readonly string[]): void {
  expect(textOf(dumpPool(pool))).to.equal(output('thin_dump', ...words, path));
  const text = output('thin_dump', '-f', 'human_readable', ...words, path);
  expect(textOf(dumpPool(pool, { format: 'human_readable' }))).to.equal(text);
  const ids = [...pool.thinDevices()].map(({ id }) => id);
  const pairs = ids.flatMap((left): [ThinId, ThinId][] => ids.map((right) => [left, right])).slice(0, 4);
  for (const [left, right] of pairs)
    for (const verbose of [false, true]) {
      const options = ['--thin1', `${left}`, '--thin2', `${right}`, ...(verbose ? ['--verbose'] : []), ...words];
      expect(textOf(deltaXml(pool, { left, right, verbose })), options.join(' ')).to.equal(
        output('thin_delta', ...options, path),
      );
    }
}

/** thin_ls says the same. */
export function compareLists(pool: PoolReader, path: string): void {
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

/** Of a leaf that several devices share thin_rmap tells only the first; what it tells has to be there. */
export function compareReverseMaps(pool: PoolReader, path: string, begin: number, end: number): void {
  const ours = new Set(ourReverseMap(pool, begin, end).flatMap(blocksOf));
  const theirs = theirReverseMap(path, begin, end).flatMap(blocksOf);
  for (const mapping of theirs) expect(ours.has(mapping), mapping).to.equal(true);
  const dataBlocks = (mappings: Iterable<string>): Set<string | undefined> =>
    new Set([...mappings].map((mapping) => mapping.split(' ')[0]));
  expect(dataBlocks(ours)).to.deep.equal(dataBlocks(theirs));
}

export function ourReverseMap(pool: PoolReader, begin: number, end: number): string[] {
  return reverseMap(pool, [{ begin, end }])
    .map(
      ({ dataBegin, dataEnd, thin, thinBegin }) =>
        `data ${dataBegin}..${dataEnd} -> thin(${thin}) ${thinBegin}..${thinBegin + dataEnd - dataBegin}`,
    )
    .sort();
}

export function theirReverseMap(path: string, begin: number, end: number): string[] {
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
