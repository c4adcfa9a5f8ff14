import { BASE_VOLUME, type Bytes, bytes, METADATA_BLOCK_SIZE, type PoolStatus, poolSpace } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import type { DriverStatus, SpaceUse } from '../graph-driver.ts';
import { freeSpaceUnder } from './host-space.ts';
import { formatRows } from './status-rows.ts';

/** The driver's state now. Takes no lock, and makes the pool commit nothing. */
export async function driverStatus(context: DriverContext): Promise<DriverStatus> {
  const { pool, source, options, deferral, ports, libraryVersion } = context;
  const { data: dataDevice, metadata: metadataDevice } = source.backing ?? {};
  const status = await pool.status();
  const [data, metadata] = await Promise.all([
    spaceOf(status, 'data', source.blockSize, dataDevice?.loopFile),
    spaceOf(status, 'metadata', bytes(METADATA_BLOCK_SIZE), metadataDevice?.loopFile),
  ]);
  const { all, deleted } = pool.counts;
  const base = pool.find(BASE_VOLUME);
  const state: Omit<DriverStatus, 'rows'> = {
    poolName: pool.name,
    blockSize: source.blockSize,
    baseDeviceSize: base?.size ?? bytes(0),
    backingFilesystem: pool.poolRecord.baseFilesystem,
    udevSync: ports.kernel.capabilities.udevSync,
    pool: status,
    dataFile: dataDevice?.path,
    metadataFile: metadataDevice?.path,
    dataLoopFile: dataDevice?.loopFile,
    metadataLoopFile: metadataDevice?.loopFile,
    data,
    metadata,
    minimumFreeSpace: minimumFree(status, options.minFreeSpace, source.blockSize),
    deferredRemoval: deferral.removal,
    deferredDeletion: deferral.deletion,
    deferredDeletedCount: deleted,
    libraryVersion,
    layers: all - deleted - (base?.isDeleted === false ? 1 : 0),
    recovery: context.recovery,
  };
  return { ...state, rows: formatRows(state) };
}

async function spaceOf(
  status: PoolStatus,
  what: 'data' | 'metadata',
  blockSize: Bytes,
  loopFile: string | undefined,
): Promise<SpaceUse> {
  const { used, total, free } = poolSpace(status, what, blockSize);
  if (loopFile === undefined || status.kind !== 'ok') return { used, total, available: free };
  const onHost = await freeSpaceUnder(loopFile);
  if (onHost < free) return { used, total, available: onHost };
  return { used, total, available: free };
}

function minimumFree(status: PoolStatus, percent: number, blockSize: Bytes): Bytes {
  if (status.kind !== 'ok') return bytes(0);
  return bytes(((status.data.total * BigInt(percent)) / 100n) * blockSize);
}
