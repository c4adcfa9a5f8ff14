import type { MetadataDevice } from '../device/metadata-device.ts';
import { type OpenPoolOptions, PoolMetadata } from './pool-metadata.ts';

/**
 * Opens the metadata of a pool, or makes it where the device holds none.
 * @throws DmError IO (EIO): less than one block, or not to be read. NO_SPACE (ENOSPC), INVALID_ARGUMENT (EINVAL): too
 * small to format (3.1), other data block size, unknown features. NOT_PERMITTED (EPERM): not formatted, and not to be.
 * CORRUPT (ENOTBLK, EILSEQ): block 0 is not a sound superblock.
 */
export function openPoolMetadata(device: MetadataDevice, options: OpenPoolOptions): PoolMetadata {
  return PoolMetadata.open(device, options);
}
