import { DmError } from '@dmthin/domain';
import { createTree } from '../btree/btree.ts';
import type { MetadataDevice } from '../device/metadata-device.ts';
import type { Block } from '../format/block.ts';
import {
  blankSuperblock,
  decodeSuperblock,
  SUPERBLOCK,
  SUPERBLOCK_LOCATION,
  type Superblock,
} from '../format/superblock.ts';
import { DataSpaceMap } from '../space-map/data-space-map.ts';
import { MAX_METADATA_BLOCKS, MetadataSpaceMap } from '../space-map/metadata-space-map.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import { DetailsTree } from './details-tree.ts';
import { MappingTree } from './mapping-tree.ts';
import { poolTrees } from './pool-trees.ts';

/** What stands between a pool and its metadata device, as of one commit; made anew when a transaction is aborted. */
export interface CommittedPool {
  readonly cache: BlockCache;
  readonly transaction: TransactionManager;
  readonly metadata: MetadataSpaceMap;
  readonly data: DataSpaceMap;
  readonly mappings: MappingTree;
  readonly details: DetailsTree;
  readonly superblock: Block;
}

/** Whether block 0 is all zeros, which is how a device without metadata looks. @throws DmError IO (EIO). */
export function isUnformatted(device: MetadataDevice): boolean {
  if (device.nrBlocks < 1)
    throw new DmError('IO', 'cannot read metadata block 0: the device has less than one block', {
      errno: 'EIO',
      operation: 'open',
      subject: 'metadata device',
      remedy: 'Give the pool a larger metadata device; 2 MiB is the least that is useful.',
    });
  return device.read(SUPERBLOCK_LOCATION).every((byte) => byte === 0);
}

/** Makes the metadata of a pool without devices and data (__format_metadata). Nothing is written before all of it fits. */
export function formatPool(device: MetadataDevice, dataBlockSize: number): CommittedPool {
  const cache = new BlockCache(device);
  const transaction = new TransactionManager(cache);
  const metadata = MetadataSpaceMap.create(transaction, device.nrBlocks, SUPERBLOCK_LOCATION + 1);
  const data = DataSpaceMap.create(transaction);
  const trees = poolTrees(transaction, data);
  const mappings = new MappingTree(trees, createTree(trees.top));
  const details = new DetailsTree(trees, createTree(trees.details));
  const superblock = blankSuperblock(dataBlockSize, Math.min(device.nrBlocks, MAX_METADATA_BLOCKS));
  return { cache, transaction, metadata, data, mappings, details, superblock };
}

/**
 * Reads what the last commit left (__open_metadata).
 * @throws DmError CORRUPT (ENOTBLK, EILSEQ), INVALID_ARGUMENT (EINVAL): other data block size, unknown features. IO (EIO).
 */
export function loadPool(device: MetadataDevice, dataBlockSize: number | undefined): CommittedPool {
  const cache = new BlockCache(device);
  const transaction = new TransactionManager(cache);
  const block = cache.read(SUPERBLOCK_LOCATION, SUPERBLOCK);
  const superblock = decodeSuperblock(block);
  demandUsable(superblock, dataBlockSize);
  const metadata = MetadataSpaceMap.open(transaction, superblock.metadataSpaceMap);
  const data = DataSpaceMap.open(transaction, superblock.dataSpaceMap);
  const trees = poolTrees(transaction, data);
  const mappings = new MappingTree(trees, superblock.mappingRoot);
  const details = new DetailsTree(trees, superblock.detailsRoot);
  return { cache, transaction, metadata, data, mappings, details, superblock: block };
}

function demandUsable(superblock: Superblock, dataBlockSize: number | undefined): void {
  if (dataBlockSize !== undefined && superblock.dataBlockSize !== dataBlockSize)
    throw new DmError(
      'INVALID_ARGUMENT',
      `the pool's data blocks are ${superblock.dataBlockSize} sectors, not ${dataBlockSize}`,
      {
        errno: 'EINVAL',
        operation: 'open',
        subject: 'metadata device',
        remedy: `Open the pool with a block size of ${superblock.dataBlockSize} sectors; it cannot be changed.`,
      },
    );
  if (superblock.incompatFlags !== 0 || superblock.compatRoFlags !== 0)
    throw new DmError('INVALID_ARGUMENT', 'the metadata uses features that are not known here', {
      errno: 'EINVAL',
      operation: 'open',
      subject: 'metadata device',
      remedy: 'Open the pool with a newer release.',
    });
}
