import { sizeOf } from './draw-text.ts';
import type { PlacedLayer } from './layer-tree.ts';

export function drawMermaid(placed: readonly PlacedLayer[]): string {
  // Mermaid's node names have fewer characters than ids: nodes are numbered, ids are their labels.
  const numbers = new Map(placed.map((one, index) => [one, `layer${index}`]));
  return [
    'graph LR',
    '  base["base"]',
    ...placed.map((one) => {
      const from = (one.parent === undefined ? undefined : numbers.get(one.parent)) ?? 'base';
      return `  ${from} --> ${numbers.get(one)}["${one.layer.id}<br/>${sizeOf(one.layer)}"]`;
    }),
  ].join('\n');
}
