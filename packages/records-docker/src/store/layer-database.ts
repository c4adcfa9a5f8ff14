import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isVolumeId, type VolumeId } from '@dmthin/domain';

export interface ListedLayer {
  readonly role: 'image' | 'container-init' | 'container';
  readonly parent: VolumeId | undefined;
}

/**
 * What Docker's layer database says of the driver's layers (`image/devicemapper/layerdb`): an image layer is known by its
 * chain id and names its layer in `cache-id`; a container names its two layers in `mount-id` and `init-id`, and the image
 * layer they were made from in `parent`. Empty where there is no database; what cannot be read of it is left out.
 */
export async function readLayerDatabase(dockerRoot: string): Promise<ReadonlyMap<VolumeId, ListedLayer>> {
  const database = join(dockerRoot, 'image', 'devicemapper', 'layerdb');
  const chains = join(database, 'sha256');
  const cacheIds = new Map<string, VolumeId>();
  const parents = new Map<string, string>();
  for (const chain of await names(chains)) {
    const layer = await idIn(join(chains, chain, 'cache-id'));
    if (layer === undefined) continue;
    cacheIds.set(chain, layer);
    const parent = await textIn(join(chains, chain, 'parent'));
    if (parent !== undefined) parents.set(chain, withoutDigestName(parent));
  }
  const listed = new Map<VolumeId, ListedLayer>();
  for (const [chain, layer] of cacheIds)
    listed.set(layer, { role: 'image', parent: cacheIds.get(parents.get(chain) ?? '') });
  const mounts = join(database, 'mounts');
  for (const container of await names(mounts)) {
    const layer = await idIn(join(mounts, container, 'mount-id'));
    const init = await idIn(join(mounts, container, 'init-id'));
    const image = cacheIds.get(withoutDigestName((await textIn(join(mounts, container, 'parent'))) ?? ''));
    if (init !== undefined) listed.set(init, { role: 'container-init', parent: image });
    if (layer !== undefined) listed.set(layer, { role: 'container', parent: init ?? image });
  }
  return listed;
}

/** `sha256:abc` as its directory is called. */
const withoutDigestName = (digest: string): string => digest.replace(/^sha256:/u, '');

async function names(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}

async function textIn(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function idIn(file: string): Promise<VolumeId | undefined> {
  const text = await textIn(file);
  return text !== undefined && isVolumeId(text) ? text : undefined;
}
