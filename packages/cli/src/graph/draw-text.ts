import { humanSize } from '@dmthin/domain';
import type { ListedLayer } from '../commands/listed-layer.ts';
import type { PlacedLayer } from './layer-tree.ts';

export function drawText(placed: readonly PlacedLayer[]): string {
  return ['base', ...placed.map((one) => `${branches(one)}${one.layer.id}  ${sizeOf(one.layer)}`)].join('\n');
}

/** What every drawing says of a layer beside its id: mapped of virtual size, and what of it is its own. */
export function sizeOf({ mapped, exclusive, size, isDeleted, mountPath }: ListedLayer): string {
  if (isDeleted || mapped === undefined) return 'deleted';
  const own = exclusive === undefined ? '' : `, ${humanSize(exclusive)} its own`;
  return `${humanSize(mapped)} of ${humanSize(size)}${own}${mountPath === undefined ? '' : ', mounted'}`;
}

function branches(placed: PlacedLayer): string {
  let drawn = placed.isLast ? '└─ ' : '├─ ';
  for (let above = placed.parent; above !== undefined; above = above.parent)
    drawn = `${above.isLast ? '   ' : '│  '}${drawn}`;
  return drawn;
}
