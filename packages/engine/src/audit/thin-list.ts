import type { ThinId } from '@dmthin/domain';
import type { BlockDevice, BlockDevices } from '@dmthin/ports';
import { type PoolReader, readPool } from '@dmthin/thin-metadata';
import { FetchedMetadata, itemsOf } from '../metadata/fetched-metadata.ts';
import { openMetadataDevice } from '../metadata/metadata-node.ts';
import { withMetadataSnapshot } from '../metadata/metadata-snapshot.ts';
import type { PoolContext } from '../pool/pool-context.ts';

/** How often a list is read again because the pool committed meanwhile. */
const ATTEMPTS = 5;
const SUPERBLOCK_SIZE = 4096;

/**
 * The thin devices that a live pool has, and how many blocks each has mapped, as of its last commit.
 *
 * A pool never overwrites what its last commit refers to, so that what was read is whole if the superblock is the same
 * before and after. Only a pool that commits faster than it can be read is asked to hold its metadata meanwhile, which
 * changes it (docs/decisions/0050-listing-thin-devices.md).
 * @throws DmError BUSY: and another program holds them. CORRUPT, IO: the metadata. NOT_FOUND, INVALID_ARGUMENT: there is
 * no node of its metadata device.
 */
export async function listThinDevices(
  context: PoolContext,
  blockDevices: BlockDevices,
): Promise<ReadonlyMap<ThinId, bigint>> {
  const listed = await listLive(context, blockDevices);
  return listed ?? withMetadataSnapshot(context, blockDevices, (held) => list(held.metadata, held.pool));
}

/** undefined: it committed too often. */
async function listLive(
  { ports, pool }: PoolContext,
  blockDevices: BlockDevices,
): Promise<ReadonlyMap<ThinId, bigint> | undefined> {
  const device = await openMetadataDevice(ports.kernel, blockDevices, pool.name);
  try {
    for (let left = ATTEMPTS; left > 0; left -= 1) {
      // Without `noFlush` it commits first.
      await ports.kernel.status(pool.name);
      const listed = await listOnce(device);
      if (listed !== undefined) return listed;
    }
    return undefined;
  } finally {
    await device.close();
  }
}

/** undefined: the pool committed meanwhile. @throws DmError CORRUPT, IO: and it did not. */
async function listOnce(device: BlockDevice): Promise<ReadonlyMap<ThinId, bigint> | undefined> {
  const before = await device.read(0n, SUPERBLOCK_SIZE);
  const read = await listLast(new FetchedMetadata(device)).then(
    (found) => ({ found }),
    (error: unknown) => ({ error }),
  );
  const after = await device.read(0n, SUPERBLOCK_SIZE);
  if (before.some((byte, index) => byte !== after[index])) return undefined;
  if ('error' in read) throw read.error;
  return read.found;
}

async function listLast(metadata: FetchedMetadata): Promise<ReadonlyMap<ThinId, bigint>> {
  await metadata.fetch(0);
  return list(metadata, readPool(metadata));
}

async function list(metadata: FetchedMetadata, pool: PoolReader): Promise<ReadonlyMap<ThinId, bigint>> {
  const listed = new Map<ThinId, bigint>();
  for await (const { id, mappedBlocks } of itemsOf(metadata, pool.walkDevices())) listed.set(id, BigInt(mappedBlocks));
  return listed;
}
