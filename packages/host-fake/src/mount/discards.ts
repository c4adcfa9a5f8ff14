import type { BlockMap, BlockRun } from '../disk-format/block-map.ts';

/** How far to look around freed blocks for free ones, 1 MiB: a pool gives back only blocks that are free as a whole. */
const REACH = 256;

/** The runs to discard after `freed` became free: each with the free blocks beside it, none twice, ascending. */
export function releasable(map: BlockMap, freed: readonly BlockRun[]): BlockRun[] {
  const runs: BlockRun[] = [];
  for (const { start, count } of freed.toSorted((a, b) => a.start - b.start)) {
    const last = runs.at(-1);
    const done = last === undefined ? 0 : last.start + last.count;
    if (start + count <= done) continue;
    let from = Math.max(start, done);
    while (from > done && start - from < REACH && !map.isUsed(from - 1)) from--;
    let to = start + count;
    while (to - start - count < REACH && !map.isUsed(to)) to++;
    if (last !== undefined && from === done) runs[runs.length - 1] = { start: last.start, count: to - last.start };
    else runs.push({ start: from, count: to - from });
  }
  return runs;
}
