import { type Bytes, bytes, DmError, type ThinId, type VolumeId } from '@dmthin/domain';
import type { BlockDevices, CancelSignal } from '@dmthin/ports';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { ChangedBlocksOptions, ChangedRange } from '../thin-pool.ts';
import { shownId } from '../volume/volume-table.ts';
import { type Batch, type Compared, collectRuns } from './changed-runs.ts';
import { resultOf } from './fetched-metadata.ts';
import { withMetadataSnapshot } from './metadata-snapshot.ts';

/** So many ranges are read while one metadata snapshot is held. */
const AT_ONCE = 16_384;

/** See `ThinPool.changedBlocks`. Closing the pool waits for a reading, not for who takes the ranges. */
export async function* changedBlocks(
  context: PoolContext,
  blockDevices: BlockDevices,
  id: VolumeId,
  { base, from = bytes(0) }: ChangedBlocksOptions,
  signal?: CancelSignal,
): AsyncGenerator<ChangedRange, void, undefined> {
  const { blockSize, gate, volumes } = context;
  const { thinId, size } = volumes.get(id);
  const baseId = base === undefined ? undefined : volumes.get(base).thinId;
  const end = Number((size + blockSize - 1n) / blockSize);
  for (let next: number | undefined = Number(from / blockSize); next !== undefined; ) {
    const compared: Compared = { thin: thinId, base: baseId, from: next, end };
    const batch: Batch = await gate
      .run(async () => {
        refuseReplaced(context, id, thinId);
        return withMetadataSnapshot(context, blockDevices, ({ pool, metadata }) =>
          resultOf(metadata, collectRuns(pool, compared, AT_ONCE), signal),
        );
      })
      .catch((error: unknown) => {
        throw attempting(`read which blocks of ${shownId(id)} changed`, error);
      });
    for (const { kind, begin, length } of batch.runs) yield inBytes(kind, begin, length);
    next = batch.next;
  }

  /** Cut to what was asked for: a device may end within a block. */
  function inBytes(kind: ChangedRange['kind'], begin: number, length: number): ChangedRange {
    const start = bytes(BigInt(begin) * blockSize);
    const offset: Bytes = start < from ? from : start;
    const stop = BigInt(begin + length) * blockSize;
    return { kind, offset, length: bytes((stop < size ? stop : size) - offset) };
  }
}

/** Another volume of the same id is not what was begun with. */
function refuseReplaced({ volumes }: PoolContext, id: VolumeId, thinId: ThinId): void {
  if (volumes.get(id).thinId === thinId) return;
  throw new DmError('CONFLICT', `${shownId(id)} was deleted meanwhile, and made anew`, { subject: id });
}
