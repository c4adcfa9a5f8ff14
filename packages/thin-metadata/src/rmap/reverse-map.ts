import type { ThinId } from '@dmthin/domain';
import { dataBlockAt } from '../format/mapping.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';
import type { PoolReader } from '../read/pool-reader.ts';

/** Data blocks `begin` to `end` of a pool. */
export interface Region {
  readonly begin: number;
  readonly end: number;
}

/** A run of data blocks, and the thin blocks that map them. */
export interface ReverseRun {
  readonly dataBegin: number;
  readonly dataEnd: number;
  readonly thin: ThinId;
  readonly thinBegin: number;
}

/**
 * Which thin devices map the data blocks of some regions, by data block. Memory grows with what is found.
 * @throws DmError CORRUPT, IO.
 */
export function reverseMap(pool: PoolReader, regions: readonly Region[]): ReverseRun[] {
  const runs: ReverseRun[] = [];
  for (const { id } of pool.thinDevices()) collect(pool, id, regions, runs);
  return runs.sort((one, other) => one.dataBegin - other.dataBegin);
}

function collect(pool: PoolReader, thin: ThinId, regions: readonly Region[], runs: ReverseRun[]): void {
  let dataBegin = 0;
  let thinBegin = 0;
  let length = 0;
  const flush = (): void => {
    if (length > 0) runs.push({ dataBegin, dataEnd: dataBegin + length, thin, thinBegin });
  };
  for (const leaf of pool.leaves(thin)) {
    const count = entryCount(leaf);
    for (let index = 0; index < count; index++) {
      const block = keyAt(leaf, index);
      const dataBlock = dataBlockAt(leaf.view, valueOffset(leaf, index));
      if (!regions.some(({ begin, end }) => dataBlock >= begin && dataBlock < end)) continue;
      if (block === thinBegin + length && dataBlock === dataBegin + length) length++;
      else {
        flush();
        dataBegin = dataBlock;
        thinBegin = block;
        length = 1;
      }
    }
  }
  flush();
}
