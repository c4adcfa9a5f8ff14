import { bytes, type ThinId, type VolumeId } from '@dmthin/domain';
import type { BlockDevices, CancelSignal } from '@dmthin/ports';
import { walkSharing } from '@dmthin/thin-metadata';
import { listThinDevices } from '../audit/thin-list.ts';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { MappedBytes, VolumeSharing } from '../thin-pool.ts';
import { resultOf } from './fetched-metadata.ts';
import { withMetadataSnapshot } from './metadata-snapshot.ts';

/** See `ThinPool.mapped`. */
export async function mappedOf(context: PoolContext, blockDevices: BlockDevices): Promise<MappedBytes> {
  const { pool, blockSize } = context;
  try {
    const listed = await listThinDevices(context, blockDevices);
    return byVolume(context, listed, (blocks) => bytes(blocks * blockSize));
  } catch (error) {
    throw attempting(`read what the volumes of pool "${pool.name}" have mapped`, error);
  }
}

/** See `ThinPool.sharing`. */
export async function sharingOf(
  context: PoolContext,
  blockDevices: BlockDevices,
  signal?: CancelSignal,
): Promise<ReadonlyMap<VolumeId, VolumeSharing>> {
  const { pool, blockSize } = context;
  const inBytes = (blocks: number) => bytes(BigInt(blocks) * blockSize);
  try {
    const listed = await withMetadataSnapshot(context, blockDevices, (held) =>
      resultOf(held.metadata, walkSharing(held.pool), signal),
    );
    const byThinId = new Map(listed.map((thin) => [thin.id, thin]));
    return byVolume(context, byThinId, ({ mappedBlocks, exclusiveBlocks, sharedBlocks }) => ({
      mapped: inBytes(mappedBlocks),
      exclusive: inBytes(exclusiveBlocks),
      shared: inBytes(sharedBlocks),
    }));
  } catch (error) {
    throw attempting(`read what the volumes of pool "${pool.name}" share`, error);
  }
}

/** Volumes that the pool does not have, or that came later, are left out. */
function byVolume<Facts, Result>(
  { volumes }: PoolContext,
  facts: ReadonlyMap<ThinId, Facts>,
  convert: (facts: Facts) => Result,
): ReadonlyMap<VolumeId, Result> {
  const found = new Map<VolumeId, Result>();
  for (const { id, thinId } of volumes.all()) {
    const of = facts.get(thinId);
    if (of !== undefined) found.set(id, convert(of));
  }
  return found;
}
