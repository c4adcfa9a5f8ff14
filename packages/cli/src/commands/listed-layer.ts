import type { Bytes } from '@dmthin/domain';
import type { GraphDriver, Layer } from '@dmthin/graphdriver';
import type { Option } from '../command/command.ts';

/** A layer and how much of the pool it has mapped. */
export interface ListedLayer extends Layer {
  /** What it shares with others included; undefined: the pool does not have it. */
  readonly mapped: Bytes | undefined;
  /** What of that is mapped by it alone, and by others too; undefined where it was not asked for. */
  readonly exclusive?: Bytes | undefined;
  readonly shared?: Bytes | undefined;
}

export const USAGE_OPTION: Option = {
  name: 'usage',
  description:
    'say what each layer shares with others and what is its own, from one pass over the metadata of the pool',
};

/** All layers, by id. */
export async function listLayers(
  driver: GraphDriver,
  { isUsageWanted, signal }: { readonly isUsageWanted: boolean; readonly signal: AbortSignal },
): Promise<readonly ListedLayer[]> {
  const layers = [...driver.layers()].sort((one, other) => (one.id < other.id ? -1 : 1));
  if (layers.length === 0) return [];
  if (isUsageWanted) {
    const sharing = await driver.sharing(signal);
    return layers.map((layer) => ({ ...layer, mapped: undefined, ...sharing.get(layer.id) }));
  }
  const mapped = await driver.mapped();
  return layers.map((layer) => ({ ...layer, mapped: mapped.get(layer.id) }));
}
