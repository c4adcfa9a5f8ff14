import type { VolumeId } from '@dmthin/domain';
import type { ListedLayer } from '../commands/listed-layer.ts';

/** A layer as it stands in the drawing of all. */
export interface PlacedLayer {
  readonly layer: ListedLayer;
  /** 0 for one made from the base device, or whose parent is gone. */
  readonly depth: number;
  /** Whether no sibling follows. */
  readonly isLast: boolean;
  readonly parent: PlacedLayer | undefined;
}

/** The layers in the order of a drawn tree: each behind its parent, siblings by id. Deep chains are no recursion. */
export function placeLayers(layers: readonly ListedLayer[]): readonly PlacedLayer[] {
  const known = new Set(layers.map(({ id }) => id));
  const children = new Map<VolumeId | undefined, ListedLayer[]>();
  for (const layer of layers) {
    const parent = layer.parent !== undefined && known.has(layer.parent) ? layer.parent : undefined;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [layer]);
    else siblings.push(layer);
  }
  const placed: PlacedLayer[] = [];
  const waiting = below(undefined, children);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    placed.push(next);
    waiting.push(...below(next, children));
  }
  return placed;
}

/** The children of `parent`, the last first, as a stack wants them. */
function below(
  parent: PlacedLayer | undefined,
  children: ReadonlyMap<VolumeId | undefined, readonly ListedLayer[]>,
): PlacedLayer[] {
  const siblings = children.get(parent?.layer.id) ?? [];
  const depth = parent === undefined ? 0 : parent.depth + 1;
  return siblings.map((layer, index) => ({ layer, depth, isLast: index === siblings.length - 1, parent })).reverse();
}
