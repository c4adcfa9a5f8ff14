import { bytes, DmError, type ThinId, type VolumeId } from '@dmthin/domain';
import type { BlockDevices } from '@dmthin/ports';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { PoolDevice } from '../pool/pool-device.ts';
import type { Orphan, PoolAudit } from '../thin-pool.ts';
import { listThinDevices } from './thin-list.ts';

/** See `ThinPool.audit`. No change is under way meanwhile, so that none is taken for a fault. */
export async function auditPool(context: PoolContext, blockDevices: BlockDevices): Promise<PoolAudit> {
  const { pool, volumes, transactions, blockSize } = context;
  try {
    return await transactions.exclusively(async () => {
      const listed = await listThinDevices(context, blockDevices);
      const known = new Set<ThinId>();
      const lost: VolumeId[] = [];
      for (const { id, thinId } of volumes.all()) {
        known.add(thinId);
        if (!listed.has(thinId) && !(await isThere(pool, thinId, false))) lost.push(id);
      }
      const orphans: Orphan[] = [];
      for (const [thinId, blocks] of listed)
        if (!known.has(thinId) && (await isThere(pool, thinId, true)))
          orphans.push({ thinId, mapped: bytes(blocks * blockSize) });
      return { lost: lost.sort(), orphans };
    });
  } catch (error) {
    throw attempting(`compare pool "${pool.name}" with its records`, error);
  }
}

/**
 * The pool's own word on what the list says, which may have been read through a cache that is behind. A pool that takes no
 * messages cannot be asked.
 */
async function isThere(pool: PoolDevice, thinId: ThinId, listed: boolean): Promise<boolean> {
  try {
    return await pool.hasThin(thinId);
  } catch (error) {
    if (DmError.is(error, 'READ_ONLY')) return listed;
    throw error;
  }
}

/** See `ThinPool.deleteOrphan`. */
export async function deleteOrphan({ pool, volumes, transactions }: PoolContext, thinId: ThinId): Promise<void> {
  await transactions.exclusively(async () => {
    for (const volume of volumes.all())
      if (volume.thinId === thinId)
        throw new DmError('CONFLICT', `thin device ${thinId} is not nobody's: it is volume "${volume.id}"`, {
          operation: 'delete',
          subject: String(thinId),
          remedy: 'Delete the volume.',
        });
    await pool.deleteThin(thinId);
  });
}
