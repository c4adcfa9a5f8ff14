import { destroyTree } from '../btree/destroy.ts';
import { decodeSuperblock, SUPERBLOCK, SUPERBLOCK_LOCATION, stripSpaceMaps } from '../format/superblock.ts';
import type { CommittedPool } from './committed-pool.ts';
import { poolTrees } from './pool-trees.ts';

/** Kernels that differ in what user space can see (dm-kernel.md 0.1). */
export type KernelRelease = '6.1.176' | '6.1.192';

/**
 * Copies the superblock of the last commit for user space, and keeps the trees it names by one reference more each
 * (__reserve_metadata_snap). Returns where the copy lies. @throws DmError NO_SPACE (ENOSPC).
 */
export function holdCopy({ transaction }: CommittedPool): number {
  const { space } = transaction;
  // A shadow takes the original's reference along: give it one to take.
  space.increment(SUPERBLOCK_LOCATION, SUPERBLOCK_LOCATION + 1);
  const copy = transaction.shadow(SUPERBLOCK_LOCATION, SUPERBLOCK);
  stripSpaceMaps(copy);
  const { mappingRoot, detailsRoot } = decodeSuperblock(copy);
  space.increment(mappingRoot, mappingRoot + 1);
  space.increment(detailsRoot, detailsRoot + 1);
  return copy.number;
}

/** What 6.1.176 does before it finds that a copy is held already: the next block allocated is another one for it. */
export function takeAndReturnCopy({ transaction }: CommittedPool): void {
  const { space } = transaction;
  space.increment(SUPERBLOCK_LOCATION, SUPERBLOCK_LOCATION + 1);
  const copy = transaction.shadow(SUPERBLOCK_LOCATION, SUPERBLOCK);
  space.decrement(copy.number, copy.number + 1);
}

/** Drops a held copy and what only it refers to (__release_metadata_snap). */
export function dropHeldCopy({ transaction, data }: CommittedPool, heldRoot: number): void {
  const { mappingRoot, detailsRoot } = decodeSuperblock(transaction.read(heldRoot, SUPERBLOCK));
  const { top, details } = poolTrees(transaction, data);
  destroyTree(top, mappingRoot);
  destroyTree(details, detailsRoot);
  transaction.space.decrement(heldRoot, heldRoot + 1);
}
