import type { Bytes } from '@dmthin/domain';
import type { GraphDriver, Layer } from '@dmthin/graphdriver';

/** A layer and how much of the pool it has mapped, what it shares with others included. */
export interface ListedLayer extends Layer {
  /** undefined: marked for deletion, so it cannot be asked any more. */
  readonly mapped: Bytes | undefined;
}

/** All layers, by id. */
export async function listLayers(driver: GraphDriver): Promise<readonly ListedLayer[]> {
  const layers = [...driver.layers()].sort((one, other) => (one.id < other.id ? -1 : 1));
  const listed: ListedLayer[] = [];
  for (const layer of layers)
    listed.push({ ...layer, mapped: layer.isDeleted ? undefined : (await driver.usage(layer.id)).mapped });
  return listed;
}
