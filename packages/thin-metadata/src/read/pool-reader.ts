import { DmError, type ThinId } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import type { Block } from '../format/block.ts';
import { type DeviceDetails, decodeDetails } from '../format/device-details.ts';
import { addressAt, entryCount, keyAt, lowerBound, valueOffset } from '../format/node.ts';
import { decodeSuperblock, SUPERBLOCK, SUPERBLOCK_LOCATION, type Superblock } from '../format/superblock.ts';
import { MappingTree, mappingOf, type StoredMapping } from '../pool/mapping-tree.ts';
import { type PoolTrees, poolTrees } from '../pool/pool-trees.ts';
import type { Tally } from '../space-map/tally.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import { walkLeaves } from './ordered-leaves.ts';
import { itemsOf, type Steps } from './steps.ts';

/** Enough for the ways down a few trees; leaves are mostly read once. */
const CACHED_BLOCKS = 2048;

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
  const transaction = new TransactionManager(new BlockCache(device, CACHED_BLOCKS));
  const live = decodeSuperblock(transaction.read(SUPERBLOCK_LOCATION, SUPERBLOCK));
  if (options.held !== true) return new PoolReader(transaction, live);
  if (live.heldRoot === 0) throw nothingToRead();
  return new PoolReader(transaction, decodeSuperblock(transaction.read(live.heldRoot, SUPERBLOCK)));
}

/** The metadata of a pool, to be read. */
export class PoolReader {
  readonly superblock: Superblock;
  readonly #trees: PoolTrees;
  readonly #mappings: MappingTree;

  constructor(transaction: TransactionManager, superblock: Superblock) {
    this.superblock = superblock;
    this.#trees = poolTrees(transaction);
    this.#mappings = new MappingTree(this.#trees, superblock.mappingRoot);
  }

  /** How many data blocks the pool has; 0 of what is held, which does not say it. */
  get dataBlocks(): number {
    return this.superblock.dataSpaceMap.blocks;
  }

  /** Every thin device from id `from` on, lowest id first. @throws DmError CORRUPT, IO. */
  thinDevices(from: number = 0): Generator<ThinEntry> {
    return itemsOf(this.walkDevices(from));
  }

  /** The same, block by block. */
  *walkDevices(from: number = 0): Steps<ThinEntry> {
    for (const step of walkLeaves(this.#trees.details, this.superblock.detailsRoot, { from })) {
      if (typeof step === 'number') {
        yield step;
        continue;
      }
      const count = entryCount(step);
      for (let index = 0; index < count; index++) {
        const id = keyAt(step, index);
        if (id >= from) yield { id: id as ThinId, ...decodeDetails(step.view, valueOffset(step, index)) };
      }
    }
  }

  /** Every mapping of a device, lowest block first. @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO. */
  *mappings(thin: ThinId): Generator<StoredMapping> {
    if (this.rootOf(thin) === undefined) throw unknown(thin);
    for (const leaf of this.leaves(thin)) {
      const count = entryCount(leaf);
      for (let index = 0; index < count; index++) yield mappingOf(leaf, index);
    }
  }

  /** Every leaf of a device's mappings, lowest block first; none of a device that has not even an empty tree. */
  leaves(thin: ThinId): Generator<Block> {
    return itemsOf(this.walkMappings(thin));
  }

  /** The same, block by block, but for leaves that end before the thin device's block `from`. */
  *walkMappings(thin: ThinId, from: number = 0): Steps<Block> {
    const root = yield* this.findRoot(thin);
    if (root !== undefined) yield* walkLeaves(this.#trees.mappings, root, { from });
  }

  /**
   * Goes to the leaves of a device's mappings, but for those below nodes that two devices came by already; `seen` counts
   * them.
   */
  *walkMappingsOnce(thin: ThinId, seen: Tally): Steps<Block> {
    const root = yield* this.findRoot(thin);
    if (root !== undefined) yield* walkLeaves(this.#trees.mappings, root, { isWanted: (node) => seen.add(node) < 2 });
  }

  /** The root of a device's mappings, in metadata blocks; undefined where there is none. @throws DmError CORRUPT, IO. */
  rootOf(thin: ThinId): number | undefined {
    return this.#mappings.rootOf(thin);
  }

  /** The same, block by block. */
  *findRoot(thin: ThinId): Steps<never, number | undefined> {
    for (const step of walkLeaves(this.#trees.top, this.superblock.mappingRoot, { from: thin })) {
      if (typeof step !== 'number') {
        const index = lowerBound(step, thin);
        return index >= 0 && keyAt(step, index) === thin ? addressAt(step, index) : undefined;
      }
      yield step;
    }
    return undefined;
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
