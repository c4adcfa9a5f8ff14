import { DmError } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import type { LoadedRecords } from '@dmthin/ports';
import type { PoolSource } from '../pool/pool-source.ts';

/** Whose pool it is: as it is found now, and as an earlier opening put it on record. */
export interface PoolOwnership {
  readonly source: PoolSource;
  readonly loaded: Pick<LoadedRecords, 'identity'>;
}

/**
 * Keeps a pool that others use from being taken: at first use it has to be empty (docker-devicemapper.md 6.6). One that
 * is on record as this root's may have a transaction id, of a base device that was never finished.
 * @returns what a person should know of a pool of the driver's own that is not empty.
 * @throws DmError CONFLICT: Docker's texts.
 */
export async function refuseUsedPool(pool: ThinPool, { source, loaded }: PoolOwnership): Promise<readonly string[]> {
  const [first] = pool.volumes();
  if (first !== undefined) return ['the record of the base device is gone; a new base is made for new layers'];
  const status = await pool.status();
  if (status.kind !== 'ok')
    throw new DmError(
      'CONFLICT',
      `devmapper: Unable to take ownership of thin-pool (${pool.name}) that cannot be read`,
      {
        subject: pool.name,
        remedy: `See dmsetup status ${pool.name}.`,
      },
    );
  const isUsed = status.data.used !== 0n;
  if (!isUsed && (status.transactionId === 0n || loaded.identity !== undefined)) return [];
  if (source.backing !== undefined)
    return [`the pool's files hold ${status.data.used} data blocks of layers whose records are gone`];
  const what = isUsed ? 'that already has used data blocks' : 'with non-zero transaction ID';
  throw new DmError('CONFLICT', `devmapper: Unable to take ownership of thin-pool (${pool.name}) ${what}`, {
    operation: 'open',
    subject: pool.name,
    remedy:
      'A pool serves one root: give the root whose layers are in it (--root), or an empty pool. To start over, delete its ' +
      'thin devices, or wipe its metadata and make it anew.',
  });
}
