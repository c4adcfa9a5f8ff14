import { type Bytes, bytes, METADATA_BLOCK_SIZE, type PoolStatus } from '@dmthin/domain';
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

/** Zeros of a pool that cannot be read; its mode says why. */
function spaceOf(status: PoolStatus, what: 'data' | 'metadata', blockSize: Bytes): ShownStatus['data'] {
  const { used, total } = status.kind === 'ok' ? status[what] : { used: 0n, total: 0n };
  const free = total > used ? total - used : 0n;
  return { used: bytes(used * blockSize), total: bytes(total * blockSize), available: bytes(free * blockSize) };
}
