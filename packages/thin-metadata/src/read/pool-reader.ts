import { DmError, type ThinId } from '@dmthin/domain';
import { leaves } from '../btree/lookup.ts';
import type { MetadataDevice } from '../device/metadata-device.ts';
import type { DeviceDetails } from '../format/device-details.ts';
import { entryCount } from '../format/node.ts';
import { decodeSuperblock, SUPERBLOCK, SUPERBLOCK_LOCATION, type Superblock } from '../format/superblock.ts';
import { DetailsTree } from '../pool/details-tree.ts';
import { MappingTree, mappingOf, type StoredMapping } from '../pool/mapping-tree.ts';
import { type PoolTrees, poolTrees } from '../pool/pool-trees.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';

/** A thin device as a pool records it. */
export interface ThinEntry extends DeviceDetails {
  readonly id: ThinId;
}

export interface ReadPoolOptions {
  /**
   * Read what is held for user space (reserve_metadata_snap) instead of the last commit: the only thing that may be read
   * while a kernel has the pool.
   */
  readonly held?: boolean | undefined;
}

/**
 * Reads a pool's metadata without changing it, a few blocks at a time.
 * @throws DmError CORRUPT (ENOTBLK, EILSEQ), IO (EIO); NO_DATA: nothing is held.
 */
export function readPool(device: MetadataDevice, options: ReadPoolOptions = {}): PoolReader {
  const transaction = new TransactionManager(new BlockCache(device));
  const live = decodeSuperblock(transaction.read(SUPERBLOCK_LOCATION, SUPERBLOCK));
  if (options.held !== true) return new PoolReader(transaction, live);
  if (live.heldRoot === 0) throw nothingToRead();
  return new PoolReader(transaction, decodeSuperblock(transaction.read(live.heldRoot, SUPERBLOCK)));
}

/** The metadata of a pool, to be read. */
export class PoolReader {
  readonly superblock: Superblock;
  readonly #trees: PoolTrees;
  readonly #details: DetailsTree;
  readonly #mappings: MappingTree;

  constructor(transaction: TransactionManager, superblock: Superblock) {
    this.superblock = superblock;
    this.#trees = poolTrees(transaction);
    this.#details = new DetailsTree(this.#trees, superblock.detailsRoot);
    this.#mappings = new MappingTree(this.#trees, superblock.mappingRoot);
  }

  /** Every thin device, lowest id first. @throws DmError CORRUPT, IO. */
  *thinDevices(): Generator<ThinEntry> {
    for (const [id, details] of this.#details.entries()) yield { id: id as ThinId, ...details };
  }

  /** Every mapping of a device, lowest block first. @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO. */
  *mappings(thin: ThinId): Generator<StoredMapping> {
    const root = this.#mappings.rootOf(thin);
    if (root === undefined) throw unknown(thin);
    for (const leaf of leaves(this.#trees.mappings, root)) {
      const count = entryCount(leaf);
      for (let index = 0; index < count; index++) yield mappingOf(leaf, index);
    }
  }
}

function unknown(id: ThinId): DmError {
  return new DmError('NO_DATA', `the pool has no mappings of a thin device ${id}`, {
    errno: 'ENODATA',
    operation: 'read',
    subject: `thin device ${id}`,
  });
}

function nothingToRead(): DmError {
  return new DmError('NO_DATA', 'the pool holds no metadata for user space', {
    errno: 'ENODATA',
    operation: 'read',
    subject: 'metadata device',
    remedy: 'Send the pool the message reserve_metadata_snap first, and release_metadata_snap afterwards.',
  });
}
