import type { MetadataDevice } from '../device/metadata-device.ts';
import { Block } from '../format/block.ts';
import { seal, verify } from '../format/seal.ts';
import {
  decodeSuperblock,
  NEEDS_CHECK_FLAG,
  SUPERBLOCK,
  SUPERBLOCK_LOCATION,
  updateSuperblock,
} from '../format/superblock.ts';
import { PoolTransaction } from '../pool/pool-transaction.ts';
import { checkMetadata } from './check-metadata.ts';

/** References are given back one by one; a count that is off by more than this is no leak, but nonsense. */
const MENDED_AT_MOST = 1000;

/**
 * Gives back the blocks that are counted more often than anything refers to them, as one transaction. Does nothing where a
 * check finds worse than that. Returns how many faults were mended. @throws DmError CORRUPT, NO_SPACE (ENOSPC), IO.
 */
export function repairLeaks(device: MetadataDevice): number {
  const faults = checkMetadata(device);
  const leaks = faults.filter(({ excess }) => excess > 0 && excess <= MENDED_AT_MOST);
  if (leaks.length === 0 || faults.some(({ severity }) => severity === 'fatal')) return 0;
  const { dataBlockSize } = decodeSuperblock(readSuperblock(device));
  const transaction = PoolTransaction.open(device, dataBlockSize);
  const { data, metadata } = transaction.change();
  for (const { place, block = 0, blocks, excess } of leaks) {
    const counts = place === 'data space map' ? data : metadata;
    for (let time = 0; time < excess; time++) counts.decrement(block, block + blocks);
  }
  transaction.commit();
  return leaks.length;
}

/** Clears the flag that keeps a pool from taking writes until it was checked. @throws DmError CORRUPT, IO. */
export function clearNeedsCheck(device: MetadataDevice): void {
  const block = readSuperblock(device);
  const superblock = decodeSuperblock(block);
  if ((superblock.flags & NEEDS_CHECK_FLAG) === 0) return;
  updateSuperblock(block, { ...superblock, flags: superblock.flags & ~NEEDS_CHECK_FLAG });
  seal(block);
  device.write(SUPERBLOCK_LOCATION, block.bytes);
  device.flush();
}

function readSuperblock(device: MetadataDevice): Block {
  const block = new Block(SUPERBLOCK_LOCATION, SUPERBLOCK);
  block.bytes.set(device.read(SUPERBLOCK_LOCATION));
  verify(block);
  return block;
}
