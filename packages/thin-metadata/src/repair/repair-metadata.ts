import type { MetadataDevice } from '../device/metadata-device.ts';
import { ContentFault, contentError } from '../restore/content-fault.ts';
import { type HeaderOverrides, PoolBuilder } from '../restore/pool-builder.ts';
import { type SalvageReport, salvagePool } from './salvage-pool.ts';

/**
 * Makes a sound pool on `target` of all that can be read of a damaged one. The damaged one is not changed; there is no
 * pool on `target` unless all of this goes well.
 * @throws DmError INVALID_ARGUMENT: the superblock is lost, and its numbers are not given in `overrides`. CORRUPT: there is
 * no pool to be found. NO_SPACE (ENOSPC): `target` is too small. IO (EIO).
 */
export function repairMetadata(
  damaged: MetadataDevice,
  target: MetadataDevice,
  overrides: HeaderOverrides = {},
): SalvageReport {
  const steps = salvagePool(damaged, new PoolBuilder(target), overrides);
  try {
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  } catch (error) {
    throw error instanceof ContentFault ? contentError(error) : error;
  }
}
