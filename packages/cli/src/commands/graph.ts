import type { Command } from '../command/command.ts';
import { drawDot } from '../graph/draw-dot.ts';
import { drawMermaid } from '../graph/draw-mermaid.ts';
import { drawSvg } from '../graph/draw-svg.ts';
import { drawText } from '../graph/draw-text.ts';
import { type PlacedLayer, placeLayers } from '../graph/layer-tree.ts';
import { listLayers, USAGE_OPTION } from './listed-layer.ts';

const DRAWINGS: Readonly<Record<string, (placed: readonly PlacedLayer[]) => string>> = {
  text: drawText,
  dot: drawDot,
  mermaid: drawMermaid,
  svg: drawSvg,
};

export const graph: Command = {
  name: 'graph',
  summary: 'draw the tree of layers with their sizes',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      description: 'for a terminal, Graphviz, Markdown or a browser',
      choices: Object.keys(DRAWINGS),
      default: 'text',
    },
    USAGE_OPTION,
  ],
  json: 'an array of layers as `ls` has it, each behind its parent, with `depth`',
  examples: ['dmthin graph', 'dmthin graph --format svg > layers.svg'],
  async run({ output, option, flag, signal, withDriver }) {
    const placed = placeLayers(
      await withDriver((driver) => listLayers(driver, { isUsageWanted: flag('usage'), signal })),
    );
    const draw = DRAWINGS[option('format') ?? 'text'] ?? drawText;
    await output.answer(
      placed.map(({ layer, depth }) => ({ ...layer, depth })),
      () => draw(placed),
    );
  },
};
