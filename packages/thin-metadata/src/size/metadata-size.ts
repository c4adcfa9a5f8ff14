import { DmError } from '@dmthin/domain';
import { BLOCK_SIZE } from '../format/block.ts';

/** Mappings that thin_metadata_size puts into a node. */
const MAPPINGS_PER_NODE = 252;

export interface PoolExtent {
  /** In sectors; a power of two. */
  readonly dataBlockSize: bigint;
  /** In sectors; more than a block. */
  readonly poolSize: bigint;
  /** Thin devices and snapshots, all together. */
  readonly maxThins: bigint;
}

/**
 * How large a pool's metadata may become, in bytes: thin_metadata_size's estimate, for which nodes are half full and each
 * device takes a block. @throws DmError INVALID_ARGUMENT: one of the three is missing or cannot be.
 */
export function metadataSize({ dataBlockSize, poolSize, maxThins }: PoolExtent): bigint {
  if (dataBlockSize === 0n) throw refused('block size required!');
  if (poolSize === 0n) throw refused('pool size required!');
  if (maxThins === 0n) throw refused('max thins required!');
  if ((dataBlockSize & (dataBlockSize - 1n)) !== 0n) throw refused('block size must be 2^^N');
  if (poolSize <= dataBlockSize) throw refused('pool size must be larger than block size');
  const nodes = (2n * poolSize) / dataBlockSize / BigInt(MAPPINGS_PER_NODE);
  return (1n + nodes + maxThins) * BigInt(BLOCK_SIZE);
}

function refused(finding: string): DmError {
  return new DmError('INVALID_ARGUMENT', finding, { operation: 'size' });
}
