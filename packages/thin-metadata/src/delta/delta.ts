import { DmError, type ThinId } from '@dmthin/domain';
import type { PoolReader } from '../read/pool-reader.ts';
import { MappingRuns } from './mapping-runs.ts';

/** How two devices differ in a range of blocks: one of them maps it, or both do, to other data blocks or to the same. */
export type DeltaKind = 'left_only' | 'right_only' | 'different' | 'same';

/** Takes the ranges, in order; `leftData` or `rightData` means nothing where that side has no mapping. */
export type DeltaVisitor = (
  kind: DeltaKind,
  begin: number,
  length: number,
  leftData: number,
  rightData: number,
) => void;

/**
 * Compares what two devices map, block by block, and hands out the ranges in which they are alike or differ; a device
 * that is left out maps nothing. Stops now and then, so that whoever iterates can pass on what piled up. Same data block
 * means same content; another one may still hold equal bytes.
 * @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO.
 */
export function* compareDevices(
  pool: PoolReader,
  left: ThinId | undefined,
  right: ThinId | undefined,
  visit: DeltaVisitor,
): Generator<void> {
  const one = runsOf(pool, left);
  const other = runsOf(pool, right);
  for (let step = 1; one.length > 0 || other.length > 0; step++) {
    compareRuns(one, other, visit);
    if (step % STEPS_AT_ONCE === 0) yield;
  }
}

const STEPS_AT_ONCE = 256;

function compareRuns(left: MappingRuns, right: MappingRuns, visit: DeltaVisitor): void {
  const { begin, dataBegin } = left;
  if (right.length === 0 || (left.length > 0 && begin < right.begin)) {
    const length = right.length === 0 ? left.length : Math.min(left.length, right.begin - begin);
    visit('left_only', begin, length, dataBegin, 0);
    left.consume(length);
  } else if (left.length === 0 || right.begin < begin) {
    const length = left.length === 0 ? right.length : Math.min(right.length, begin - right.begin);
    visit('right_only', right.begin, length, 0, right.dataBegin);
    right.consume(length);
  } else {
    const length = Math.min(left.length, right.length);
    visit(dataBegin === right.dataBegin ? 'same' : 'different', begin, length, dataBegin, right.dataBegin);
    left.consume(length);
    right.consume(length);
  }
}

function runsOf(pool: PoolReader, thin: ThinId | undefined): MappingRuns {
  if (thin === undefined) return new MappingRuns([].values());
  if (pool.rootOf(thin) === undefined)
    throw new DmError('NO_DATA', `the pool has no mappings of a thin device ${thin}`, {
      errno: 'ENODATA',
      operation: 'delta',
      subject: `thin device ${thin}`,
    });
  return new MappingRuns(pool.leaves(thin));
}
