import { basename, dirname } from 'node:path';
import { isVolumeId } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import type { Mounts } from '@dmthin/ports';
import type { RootLayout } from '../layout/root-layout.ts';
import type { MountCounts } from '../mount/mount-counts.ts';

/**
 * Counts what is mounted already, by a process before this one. See `GraphDriverSettings.users`.
 */
export async function countMounts(
  mounts: Mounts,
  layout: RootLayout,
  pool: ThinPool,
  counts: MountCounts,
  users: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  for (const { target } of await mounts.list()) {
    if (dirname(target) !== layout.mounts) continue;
    const id = basename(target);
    if (isVolumeId(id) && pool.find(id) !== undefined) counts.addFound(id, users.get(id) ?? 1);
  }
}
