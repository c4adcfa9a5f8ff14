import { type Bytes, bytesOf, type DeviceName, DmError, parseThinPoolTarget } from '@dmthin/domain';
import type { Kernel, PoolIdentity } from '@dmthin/ports';
import { refuseOtherBlocks, refuseOtherPool } from './pool-identity.ts';
import type { PoolSource } from './pool-source.ts';

/**
 * A pool from outside (dm.thinpooldev).
 * @throws DmError NOT_FOUND, INVALID_ARGUMENT: no such pool, in Docker's words. CONFLICT: not the one this root was made with.
 */
export async function openGivenPool(
  kernel: Kernel,
  name: DeviceName,
  stored: PoolIdentity | undefined,
): Promise<PoolSource> {
  const known = { poolName: name, dataDevice: undefined, metadataDevice: undefined };
  refuseOtherPool(stored, known);
  const blockSize = await blockSizeOf(kernel, name);
  const identity = { ...known, blockSize };
  refuseOtherBlocks(stored, identity);
  return { name, blockSize, backing: undefined, isMadeNow: false, identity };
}

async function blockSizeOf(kernel: Kernel, name: DeviceName): Promise<Bytes> {
  const [target] = await kernel.table(name).catch((error: unknown) => {
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
    throw new DmError('NOT_FOUND', `devicemapper: Non existing device ${name}`, {
      errno: error.errno,
      operation: 'open',
      subject: name,
      remedy: 'Make or activate the pool first; dmsetup ls --target thin-pool shows those there are.',
      cause: error,
    });
  });
  if (target?.type !== 'thin-pool')
    throw new DmError('INVALID_ARGUMENT', `devmapper: Device ${name} is not a thin pool`, {
      operation: 'open',
      subject: name,
      remedy:
        target === undefined
          ? `It has no live table: load it and resume it (dmsetup resume ${name}).`
          : `It is a ${target.type} device; name a thin pool (dmsetup ls --target thin-pool).`,
    });
  return bytesOf(parseThinPoolTarget(target.params).blockSize);
}
