import type { ThinId } from '@dmthin/domain';
import type { Findings } from './fault.ts';
import type { TreeWalk } from './tree-walk.ts';

/** Devices and ranges that are named; more are only counted. */
const NAMED = 4;

/** Says of every node that could not be read which thin devices, or which of their blocks, are lost with it. */
export function explainLosses(
  findings: Findings,
  mappings: TreeWalk,
  roots: ReadonlyMap<number, number>,
  trees: readonly { readonly walk: TreeWalk; readonly root: number; readonly what: string }[],
): void {
  const losses = new Map<number, string[]>();
  const note = (fault: number, loss: string): void => {
    const known = losses.get(fault);
    if (known === undefined) losses.set(fault, [loss]);
    else known.push(loss);
  };
  for (const { walk, root, what } of trees)
    walk.eachLost(root, (fault, from, to) => note(fault, `${what} of thin devices ${range(from, to)} are lost`));
  if (mappings.isIncomplete)
    for (const [id, root] of roots)
      mappings.eachLost(root, (fault, from, to) => note(fault, lostBlocks(id as ThinId, from, to)));
  for (const [fault, all] of losses) {
    const more = all.length > NAMED ? `, and ${all.length - NAMED} more like it` : '';
    findings.explain(fault, all.slice(0, NAMED).join('; ') + more);
  }
}

function lostBlocks(id: ThinId, from: number, to: number): string {
  return `thin device ${id} loses its mappings of blocks ${range(from, to)}`;
}

function range(from: number, to: number): string {
  return to === Number.POSITIVE_INFINITY ? `${from} and above` : `${from} to ${to - 1}`;
}
