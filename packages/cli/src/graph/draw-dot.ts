import { sizeOf } from './draw-text.ts';
import type { PlacedLayer } from './layer-tree.ts';

/** Graphviz; ids need no quoting beyond quotes (VolumeId has neither quotes nor backslashes). */
export function drawDot(placed: readonly PlacedLayer[]): string {
  return [
    'digraph layers {',
    '  rankdir=LR; node [shape=box];',
    '  "base of all layers" [label="base"];',
    ...placed.flatMap(({ layer, parent }) => {
      const from = parent?.layer.id ?? 'base of all layers';
      return [`  "${layer.id}" [label="${layer.id}\\n${sizeOf(layer)}"];`, `  "${from}" -> "${layer.id}";`];
    }),
    '}',
  ].join('\n');
}
