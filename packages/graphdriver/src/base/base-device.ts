import { BASE_VOLUME, grownBaseSize } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { VolumeContext } from '../driver/driver-context.ts';
import { growFilesystem } from '../layer/grow-filesystem.ts';
import type { PoolSource } from '../pool/pool-source.ts';
import { makeBase } from './make-base.ts';
import { verifyBase } from './verify-base.ts';
import { refuseUsedPool } from './virgin-pool.ts';

/**
 * Sees that the base device is there, is this root's, has its filesystem, and is as large as dm.basesize asks
 * (docker-devicemapper.md 6.6). One whose mkfs was cut off is made anew.
 * @returns what a person should know, one sentence each.
 */
export async function ensureBase(context: VolumeContext, source: PoolSource): Promise<readonly string[]> {
  const base = context.pool.find(BASE_VOLUME);
  if (base?.isInitialized === true && !base.isDeleted) return openBase(context, base);
  if (base !== undefined) await context.pool.delete(BASE_VOLUME, { sync: true });
  const findings = base === undefined ? await refuseUsedPool(context.pool, source) : [];
  await makeBase(context);
  return findings;
}

async function openBase(context: VolumeContext, base: Volume): Promise<readonly string[]> {
  const { pool, options, growth } = context;
  const size = grownBaseSize(options, base.size);
  const status = await pool.status();
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
