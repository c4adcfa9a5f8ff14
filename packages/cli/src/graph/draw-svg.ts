import { sizeOf } from './draw-text.ts';
import type { PlacedLayer } from './layer-tree.ts';

const ROW = 44;
const INDENT = 36;
const BOX_HEIGHT = 34;
const CHARACTER = 7.3;
const MARGIN = 12;

/** The tree as a drawing of its own: a box a layer, indented below its parent. */
export function drawSvg(placed: readonly PlacedLayer[]): string {
  // Row 0 is the base's.
  const rows = new Map(placed.map((one, index) => [one, index + 1]));
  const boxes: Box[] = [
    { title: 'base', note: '', depth: 0, parentRow: undefined },
    ...placed.map(({ layer, depth, parent }) => ({
      title: layer.id,
      note: sizeOf(layer),
      depth: depth + 1,
      parentRow: (parent === undefined ? undefined : rows.get(parent)) ?? 0,
    })),
  ];
  const width = boxes.reduce((widest, box) => Math.max(widest, left(box) + widthOf(box)), 0) + MARGIN;
  const height = boxes.length * ROW + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...boxes.flatMap((box, row) => [...edge(box, row), ...draw(box, row)]),
    '</svg>',
  ].join('\n');
}

interface Box {
  readonly title: string;
  readonly note: string;
  readonly depth: number;
  /** Undefined for the base. */
  readonly parentRow: number | undefined;
}

const left = ({ depth }: Box): number => MARGIN + depth * INDENT;
const top = (row: number): number => MARGIN + row * ROW;
const widthOf = ({ title, note }: Box): number => Math.ceil(Math.max(title.length, note.length) * CHARACTER) + 20;

function edge(box: Box, row: number): string[] {
  if (box.parentRow === undefined) return [];
  const x = left(box) - INDENT + 14;
  const middle = top(row) + BOX_HEIGHT / 2;
  return [`<path d="M${x} ${top(box.parentRow) + BOX_HEIGHT}V${middle}H${left(box)}" fill="none" stroke="#8a94a6"/>`];
}

function draw(box: Box, row: number): string[] {
  const x = left(box);
  const y = top(row);
  return [
    `<rect x="${x}" y="${y}" width="${widthOf(box)}" height="${BOX_HEIGHT}" rx="5" fill="#eef3fb" stroke="#4a6fa5"/>`,
    `<text x="${x + 10}" y="${y + (box.note === '' ? 21 : 14)}" font-weight="bold">${box.title}</text>`,
    ...(box.note === '' ? [] : [`<text x="${x + 10}" y="${y + 28}" fill="#55606f">${box.note}</text>`]),
  ];
}
