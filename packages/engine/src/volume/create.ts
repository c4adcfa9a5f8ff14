import {
  type Bytes,
  DmError,
  freeSpaceFault,
  type PoolStatus,
  percent,
  poolFaultError,
  SECTOR_SIZE,
  type ThinId,
  thinId,
  type VolumeId,
} from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { attempting, during } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';
import { tableOf } from './thin-device.ts';
import { shownId } from './volume-table.ts';

/** See `ThinPool.create`. */
export async function createVolume(
  context: PoolContext,
  id: VolumeId,
  size: Bytes,
  signal?: CancelSignal,
): Promise<Volume> {
  const attempted = `create ${shownId(id)}`;
  return context.locks.run(
    [id],
    async () => {
      refuseNew(context, id, size, attempted);
      refuseFullPool(context, await during(attempted, context.pool.status()), attempted);
      return makeVolume(context, id, size, attempted, (thin) => context.pool.createThin(thin), signal);
    },
    signal,
  );
}

/** Runs the transaction that makes a volume; what goes wrong in it says what was attempted. */
export function makeVolume(
  { transactions }: PoolContext,
  volume: VolumeId,
  size: Bytes,
  attempted: string,
  make: (id: ThinId) => Promise<void>,
  signal: CancelSignal | undefined,
): Promise<Volume> {
  return during(attempted, transactions.make({ volume, size, make }, signal));
}

/** @throws DmError ALREADY_EXISTS. INVALID_ARGUMENT: an id or a size that no device can have. */
export function refuseNew(context: PoolContext, id: VolumeId, size: Bytes, attempted: string): void {
  const { volumes } = context;
  volumes.refuseExisting(id, attempted);
  volumes.deviceNameOf(id);
  refuseSize(context, size, attempted);
}

/** @throws DmError INVALID_ARGUMENT: less than a sector, or more than a table can hold. */
export function refuseSize(context: PoolContext, size: Bytes, attempted: string): void {
  if (size < SECTOR_SIZE)
    throw new DmError('INVALID_ARGUMENT', `cannot ${attempted}: ${size} bytes are less than one sector`, {
      remedy: `Give a size of at least ${SECTOR_SIZE} bytes.`,
    });
  try {
    tableOf(context, { thinId: thinId(0), size });
  } catch (error) {
    throw attempting(attempted, error);
  }
}

/** @throws DmError NO_SPACE, READ_ONLY, IO: the pool takes no new volume as it is. */
export function refuseFullPool({ pool, settings }: PoolContext, status: PoolStatus, attempted: string): void {
  const fault = freeSpaceFault(status, percent(settings.minFreeSpacePercent));
  if (fault !== undefined) throw poolFaultError(fault, pool.name, attempted);
}
