import { type Bytes, bytes, METADATA_BLOCK_SIZE, type PoolStatus, poolSpace } from '@dmthin/domain';
import type { Snapshotter } from 'dmthin';
import type { ShownStatus } from './pool-metrics.ts';

/** What is shown of a snapshotter. */
export async function snapshotterStatus(snapshotter: Snapshotter): Promise<ShownStatus> {
  const { poolName, pool, blockSize, snapshots, outstanding } = await snapshotter.status();
  return {
    poolName,
    pool,
    data: spaceOf(pool, 'data', blockSize),
    metadata: spaceOf(pool, 'metadata', bytes(METADATA_BLOCK_SIZE)),
    layers: snapshots,
    deferredDeletedCount: outstanding,
  };
}

function spaceOf(status: PoolStatus, device: 'data' | 'metadata', blockSize: Bytes): ShownStatus['data'] {
  const { used, total, free } = poolSpace(status, device, blockSize);
  return { used, total, available: free };
}
