import type { ThinId } from '@dmthin/domain';
import { compareDevices, type DeltaKind, type PoolReader, type Steps } from '@dmthin/thin-metadata';
import type { ChangedRange } from '../thin-pool.ts';

/** Two devices, and how much of the one is looked at. In data blocks, `end` excluded. */
export interface Compared {
  readonly thin: ThinId;
  readonly base: ThinId | undefined;
  readonly from: number;
  readonly end: number;
}

/** Ranges in data blocks, and the block to go on from; undefined: that was all. */
export interface Batch {
  readonly runs: readonly BlockRun[];
  readonly next: number | undefined;
}

export interface BlockRun {
  readonly kind: ChangedRange['kind'];
  readonly begin: number;
  length: number;
}

const KINDS: Readonly<Record<DeltaKind, ChangedRange['kind'] | undefined>> = {
  left_only: 'changed',
  different: 'changed',
  right_only: 'unmapped',
  same: undefined,
};

/** The next runs in which two devices differ: `limit` of them, or some more. */
export function* collectRuns(
  pool: PoolReader,
  { thin, base, from, end }: Compared,
  limit: number,
): Steps<never, Batch> {
  const runs: BlockRun[] = [];
  let reached = from;
  const add = (deltaKind: DeltaKind, begin: number, length: number): void => {
    reached = begin + length;
    const kind = KINDS[deltaKind];
    const inside = Math.min(length, end - begin);
    if (kind === undefined || inside <= 0) return;
    const last = runs.at(-1);
    if (last !== undefined && last.kind === kind && last.begin + last.length === begin) last.length += inside;
    else runs.push({ kind, begin, length: inside });
  };
  for (const step of compareDevices(pool, thin, base, add, from)) {
    if (typeof step === 'number') yield step;
    if (runs.length >= limit || reached >= end) return { runs, next: reached >= end ? undefined : reached };
  }
  return { runs, next: undefined };
}
