import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DmError } from '@dmthin/domain';

/** Whose records a root has: Docker's files, or the database of containerd's snapshots. */
export type Keeper = 'Docker' | 'containerd';

/** The database of a root. */
export function databaseOf(root: string): string {
  return join(root, 'dmthin', 'records.lmdb');
}

/**
 * Keeps a root from being opened by the other keeper, which would find no records of its own and take what is in the pool for
 * leftovers.
 * @throws DmError CONFLICT.
 */
export async function refuseOtherKeeper(root: string, keeper: Keeper): Promise<void> {
  const isOther = keeper === 'Docker' ? await isThere(databaseOf(root)) : await hasDockerRecords(root);
  if (!isOther) return;
  const [other, verb] = keeper === 'Docker' ? ['containerd', 'dmthin serve --snapshotter'] : ['Docker', 'other verbs'];
  throw new DmError(
    'CONFLICT',
    `the root ${root} has the records of ${other}'s layers, and is opened for ${keeper}'s`,
    {
      operation: 'open',
      subject: root,
      remedy: `Give each a root of its own (--root); this one is for ${verb}.`,
    },
  );
}

async function hasDockerRecords(root: string): Promise<boolean> {
  const names = await readdir(join(root, 'metadata')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.length > 0;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}
