import { type Bytes, bytes, humanSize } from '@dmthin/domain';
import type { DriverStatus } from '../graph-driver.ts';

type Row = readonly [label: string, value: string];

/** `docker info`'s rows of this driver, in its order and words (docker-devicemapper.md 2). */
export function formatRows(status: Omit<DriverStatus, 'rows'>): readonly Row[] {
  const { data, metadata } = status;
  // Docker works the block size out of the pool's counters, and so shows none where they cannot be read.
  const blockSize = status.pool.kind === 'ok' ? status.blockSize : bytes(0);
  return [
    ['Pool Name', status.poolName],
    size('Pool Blocksize', blockSize),
    size('Base Device Size', status.baseDeviceSize),
    ['Backing Filesystem', status.backingFilesystem],
    yesOrNo('Udev Sync Supported', status.udevSync),
    ...where('Data file', status.dataFile),
    ...where('Metadata file', status.metadataFile),
    ...where('Data loop file', status.dataLoopFile),
    ...where('Metadata loop file', status.metadataLoopFile),
    size('Data Space Used', data.used),
    size('Data Space Total', data.total),
    size('Data Space Available', data.available),
    size('Metadata Space Used', metadata.used),
    size('Metadata Space Total', metadata.total),
    size('Metadata Space Available', metadata.available),
    size('Thin Pool Minimum Free Space', status.minimumFreeSpace),
    yesOrNo('Deferred Removal Enabled', status.deferredRemoval),
    yesOrNo('Deferred Deletion Enabled', status.deferredDeletion),
    ['Deferred Deleted Device Count', String(status.deferredDeletedCount)],
    ...where('Library Version', status.libraryVersion),
  ];
}

const size = (label: string, value: Bytes): Row => [label, humanSize(value)];
const yesOrNo = (label: string, value: boolean): Row => [label, String(value)];
/** Rows that are left out where there is nothing to show. */
const where = (label: string, value: string | undefined): readonly Row[] =>
  value === undefined || value === '' ? [] : [[label, value]];
