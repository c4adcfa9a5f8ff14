import type { ThinPool } from '@dmthin/engine';
import { openVolumes, withRootPool } from './pool/root-pool.ts';
import type { GraphDriverPorts, GraphDriverSettings } from './ports.ts';

/**
 * Opens the volumes of a root without Docker's layers: no base device, no filesystems, no mounts. The pool is found or
 * made as `openGraphDriver` does; closing leaves it up.
 * @throws DmError as `openGraphDriver`, but for what concerns the base device.
 */
export function openRootPool(ports: GraphDriverPorts, settings: GraphDriverSettings): Promise<ThinPool> {
  return withRootPool(ports, settings, async (root) => {
    const { loaded, source } = root;
    const pool = await openVolumes(root, settings.afterClose);
    if (loaded.identity === undefined) await ports.records.saveIdentity(source.identity);
    return pool;
  });
}
