import { BASE_VOLUME, grownBaseSize } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { VolumeContext } from '../driver/driver-context.ts';
import { growFilesystem } from '../layer/grow-filesystem.ts';
import { makeBase } from './make-base.ts';
import { verifyBase } from './verify-base.ts';
import { type PoolOwnership, refuseUsedPool } from './virgin-pool.ts';

/**
 * Sees that the base device is there, is this root's, has its filesystem, and is as large as dm.basesize asks
 * (docker-devicemapper.md 6.6). One whose mkfs was cut off is made anew. The pool is put on record as this root's as soon
 * as that is certain.
 * @returns what a person should know, one sentence each.
 */
export async function ensureBase(context: VolumeContext, ownership: PoolOwnership): Promise<readonly string[]> {
  const base = context.pool.find(BASE_VOLUME);
  if (base?.isInitialized === true && !base.isDeleted) {
    const findings = await openBase(context, base);
    await own(context, ownership);
    return findings;
  }
  const findings = base === undefined ? await refuseUsedPool(context.pool, ownership) : [];
  // Before the pool is changed: where this is cut off, its transaction id has moved on, and the next must know by whom.
  await own(context, ownership);
  if (base !== undefined) await context.pool.delete(BASE_VOLUME, { sync: true });
  await makeBase(context);
  return findings;
}

async function own({ ports }: VolumeContext, { source, loaded }: PoolOwnership): Promise<void> {
  if (loaded.identity === undefined) await ports.records.saveIdentity(source.identity);
}

async function openBase(context: VolumeContext, base: Volume): Promise<readonly string[]> {
  const { pool, options, growth } = context;
  const size = grownBaseSize(options, base.size);
  const { status } = pool.opened;
  // A pool that failed lets nobody look into it, and must be opened all the same, so that something can be done.
  if (status.kind !== 'ok') return [`the base device was not looked at: pool ${pool.name} cannot be read`];
  await verifyBase(context, base);
  if (size > base.size) {
    await growth.add(BASE_VOLUME);
    await pool.grow(BASE_VOLUME, size);
  }
  // Also where an earlier start was to grow it and did not get to the end (defect 10).
  if (growth.has(BASE_VOLUME)) await growFilesystem(context, BASE_VOLUME);
  return [];
}
