import { parseThinPoolTarget } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import { failureFindings } from './pool/failed-pool.ts';
import { openVolumes, type RootPool, withRootPool } from './pool/root-pool.ts';
import type { GraphDriverPorts, GraphDriverSettings } from './ports.ts';

/**
 * Opens the volumes of a root without Docker's layers: no base device, no filesystems, no mounts. The pool is found or
 * made as `openGraphDriver` does, but zeroes its new blocks: whoever reads a volume as a block device must not find what
 * was in another (docker-devicemapper.md 12.1, defect 25). Closing leaves it up.
 * @throws DmError as `openGraphDriver`, but for what concerns the base device.
 */
export function openRootPool(ports: GraphDriverPorts, settings: GraphDriverSettings): Promise<ThinPool> {
  return withRootPool(ports, settings, [], async (root) => {
    const { loaded, source } = root;
    await warnOfOldContent(root);
    const pool = await openVolumes(root, settings.afterClose);
    for (const finding of await failureFindings({ ...root, pool }))
      ports.log.write('warn', finding, { root: settings.root });
    if (loaded.identity === undefined) await ports.records.saveIdentity(source.identity);
    return pool;
  });
}

/** A pool from outside is as its owner made it. */
async function warnOfOldContent({ ports: { kernel, log }, source: { name } }: RootPool): Promise<void> {
  const [target] = await kernel.table(name);
  if (parseThinPoolTarget(target?.params ?? '').features.includes('skip_block_zeroing'))
    log.write('warn', `pool ${name} does not zero new blocks: a new volume may show what was in one that is gone`);
}
