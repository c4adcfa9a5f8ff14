import { DmError, type ThinId } from '@dmthin/domain';
import type { Block } from '../format/block.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import type { Steps } from '../read/steps.ts';
import type { DeltaVisitor } from './delta-range.ts';
import { JoinedRanges } from './joined-ranges.ts';
import { MappingRuns } from './mapping-runs.ts';

/**
 * Compares what two devices map, from block `from` on, and hands out the ranges in which they are alike or differ; a device
 * that is left out maps nothing. Stops before every block it reads and now and then, so that whoever iterates can pass on
 * what piled up. Same data block means same content; another one may still hold equal bytes.
 * @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO.
 */
export function* compareDevices(
  pool: PoolReader,
  left: ThinId | undefined,
  right: ThinId | undefined,
  visit: DeltaVisitor,
  from: number = 0,
): Steps<undefined> {
  const one = new MappingRuns(yield* mappingsOf(pool, left, from), from);
  const other = new MappingRuns(yield* mappingsOf(pool, right, from), from);
  const joined = new JoinedRanges(visit);
  for (let step = 1; ; step++) {
    if (one.isDry) yield* one.refill();
    if (other.isDry) yield* other.refill();
    if (one.length === 0 && other.length === 0) break;
    compareRuns(one, other, joined.add);
    if (step % STEPS_AT_ONCE === 0) yield undefined;
  }
  joined.end();
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

function* mappingsOf(pool: PoolReader, thin: ThinId | undefined, from: number): Steps<never, Steps<Block>> {
  if (thin === undefined) return noMappings();
  if ((yield* pool.findRoot(thin)) !== undefined) return pool.walkMappings(thin, from);
  throw new DmError('NO_DATA', `the pool has no mappings of a thin device ${thin}`, {
    errno: 'ENODATA',
    operation: 'delta',
    subject: `thin device ${thin}`,
  });
}

function* noMappings(): Steps<Block> {}
