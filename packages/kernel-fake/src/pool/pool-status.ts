import { metadataBlocksOf } from './node-metadata-device.ts';
import type { Pool } from './pool.ts';
import { isReadOnly } from './pool-mode.ts';

/** The low mark of free metadata, in blocks, of the device as large as it is now (calc_metadata_threshold). */
export function metadataLowMark(pool: Pool): number {
  return Math.min(1024, Math.floor(metadataBlocksOf(pool.metadataNode) / 4));
}

/** The status line of dm-kernel.md 3.4 of a pool that had not failed when it was asked for. Does not commit. */
export function formatPoolStatus(pool: Pool): string {
  const { metadata, features, mode } = pool;
  // The commit for this very status failed it: `Fail` is what the next one says.
  if (mode === 'fail') return 'Error';
  const blocks = metadata.metadataBlocks;
  const words = [
    metadata.transactionId,
    `${blocks - metadata.freeMetadataBlocks}/${blocks}`,
    `${metadata.dataBlocks - metadata.freeDataBlocks}/${metadata.dataBlocks}`,
    metadata.heldRoot ?? '-',
    mode === 'out-of-data-space' ? 'out_of_data_space' : isReadOnly(mode) ? 'ro' : 'rw',
    !features.discards ? 'ignore_discard' : features.passesDiscardsDown ? 'discard_passdown' : 'no_discard_passdown',
    features.errorIfNoSpace ? 'error_if_no_space' : 'queue_if_no_space',
    metadata.needsCheck ? 'needs_check' : '-',
    metadataLowMark(pool),
  ];
  return `${words.join(' ')} `;
}
