import { DmError } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { COUNTS_PER_BITMAP } from '../format/bitmap.ts';
import { BITMAP_ENTRY_SIZE, type BitmapEntry, decodeBitmapEntry } from '../format/bitmap-entry.ts';
import { DETAILS_SIZE, decodeDetails } from '../format/device-details.ts';
import { dataBlockAt, MAPPING_SIZE } from '../format/mapping.ts';
import { indexEntryOffset, METADATA_INDEX } from '../format/metadata-index.ts';
import { ADDRESS_SIZE } from '../format/node.ts';
import {
  decodeSuperblock,
  METADATA_BLOCK_SECTORS,
  SUPERBLOCK,
  SUPERBLOCK_LOCATION,
  type Superblock,
} from '../format/superblock.ts';
import { getU64 } from '../format/u64.ts';
import { MAX_METADATA_BLOCKS } from '../space-map/metadata-space-map.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import type { Fault, FaultPlace } from './fault.ts';
import { bitmapEntries, eachEntry, readSpaceMap } from './space-map-check.ts';
import { Tally } from './tally.ts';
import { type CheckContext, TreeWalk } from './tree-walk.ts';

/**
 * Checks a pool's metadata as the last commit left it: every block's checksum, the order and shape of every tree, details
 * against mappings, and both space maps against what the trees refer to. Changes nothing. A sound pool has no faults.
 * @throws DmError IO (EIO): the device has less than one block.
 */
export function checkMetadata(device: MetadataDevice): Fault[] {
  const check = new MetadataCheck(device);
  check.run();
  return check.faults;
}

class MetadataCheck implements CheckContext {
  readonly transaction: TransactionManager;
  readonly metadata = new Tally();
  readonly data = new Tally();
  readonly faults: Fault[] = [];
  readonly #device: MetadataDevice;
  #isIncomplete = false;

  constructor(device: MetadataDevice) {
    this.#device = device;
    this.transaction = new TransactionManager(new BlockCache(device));
  }

  run(): void {
    this.metadata.add(SUPERBLOCK_LOCATION);
    const superblock = this.#superblock(SUPERBLOCK_LOCATION, 'superblock', 'the whole pool is lost');
    if (superblock === undefined) return;
    this.#examine(superblock);
    const trees = this.#treeWalks(superblock);
    this.#details(trees, superblock);
    this.#held(trees, superblock);
    const data = readSpaceMap(this, 'data space map', superblock.dataSpaceMap, this.#dataIndex(superblock));
    const index = this.#metadataIndex(superblock);
    const metadata = readSpaceMap(this, 'metadata space map', superblock.metadataSpaceMap, index);
    const walks = [trees.mappings, trees.top, trees.details];
    this.#isIncomplete ||= walks.some((walk) => walk.isIncomplete);
    data.compare(this.data, !this.#isIncomplete);
    metadata.compare(this.metadata, !this.#isIncomplete && !data.isIncomplete && !metadata.isIncomplete);
  }

  #superblock(number: number, place: FaultPlace, consequence: string): Superblock | undefined {
    try {
      return decodeSuperblock(this.transaction.read(number, SUPERBLOCK));
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      this.#isIncomplete = true;
      this.#report(place, number, error.message, consequence);
      return undefined;
    }
  }

  #examine(superblock: Superblock): void {
    const { dataBlockSize, metadataBlockSize, metadataSpaceMap, version } = superblock;
    const say = (finding: string, consequence: string): void =>
      this.#report('superblock', SUPERBLOCK_LOCATION, finding, consequence);
    if (version !== 1 && version !== 2)
      say(`its version is ${version}`, 'it may mean something else than is read here');
    if (dataBlockSize < 128 || dataBlockSize > 2_097_152 || dataBlockSize % 128 !== 0)
      say(`the data block size is ${dataBlockSize} sectors`, 'no kernel opens the pool');
    if (metadataBlockSize !== METADATA_BLOCK_SECTORS)
      say(`the metadata block size is ${metadataBlockSize} sectors`, 'no kernel opens the pool');
    if (metadataSpaceMap.blocks > this.#device.nrBlocks)
      say(
        `${metadataSpaceMap.blocks} metadata blocks do not fit the device's ${this.#device.nrBlocks}`,
        'the kernel refuses to resume the pool',
      );
    if (superblock.incompatFlags !== 0 || superblock.compatRoFlags !== 0)
      say('it uses features that are not known', 'no kernel opens the pool');
  }

  #treeWalks(superblock: Superblock): Trees {
    const roots = new Map<number, number>();
    const stored = new Map<number, number>();
    const { blocks } = superblock.dataSpaceMap;
    const mappings = new TreeWalk(this, {
      place: 'mappings',
      values: 'mappings',
      valueSize: MAPPING_SIZE,
      visit: (leaf) =>
        eachEntry(leaf, (key, offset) => {
          const block = dataBlockAt(leaf.view, offset);
          if (block < blocks) this.data.add(block);
          else
            this.#report(
              'mappings',
              leaf.number,
              `it maps block ${key} to data block ${block} of ${blocks}`,
              'reads and writes there fail',
            );
        }),
    });
    const top = new TreeWalk(this, {
      place: 'mappings',
      values: 'thin devices',
      valueSize: ADDRESS_SIZE,
      visit: (leaf) =>
        eachEntry(leaf, (id, offset) => {
          const root = getU64(leaf.view, offset);
          roots.set(id, mappings.walk(root));
        }),
    });
    const details = new TreeWalk(this, {
      place: 'device details',
      values: 'thin devices',
      valueSize: DETAILS_SIZE,
      visit: (leaf) => eachEntry(leaf, (id, at) => stored.set(id, decodeDetails(leaf.view, at).mappedBlocks)),
    });
    return { mappings, top, details, roots, stored };
  }

  #details({ top, details, mappings, roots, stored }: Trees, superblock: Superblock): void {
    top.walk(superblock.mappingRoot);
    details.walk(superblock.detailsRoot);
    for (const [id, mapped] of roots) {
      const recorded = stored.get(id);
      if (recorded === undefined) {
        if (!details.isIncomplete)
          this.#report(
            'device details',
            undefined,
            `thin device ${id} has mappings but no details`,
            'it cannot be opened or deleted',
          );
      } else if (recorded !== mapped && !mappings.isIncomplete)
        this.#report(
          'device details',
          undefined,
          `thin device ${id} has ${mapped} mappings, not ${recorded}`,
          'its status is wrong',
        );
    }
    if (top.isIncomplete) return;
    for (const id of stored.keys())
      if (!roots.has(id))
        this.#report(
          'device details',
          undefined,
          `thin device ${id} has details but no mappings`,
          'it can be opened, but not read, written or deleted',
        );
  }

  /** What is held for user space shares nodes with the live trees, and counts as one parent more where it does. */
  #held({ top, details }: Trees, { heldRoot }: Superblock): void {
    if (heldRoot === 0) return;
    this.metadata.add(heldRoot);
    const held = this.#superblock(heldRoot, 'held metadata', 'what is held can be neither read nor released');
    if (held === undefined) return;
    top.walk(held.mappingRoot);
    details.walk(held.detailsRoot);
  }

  #dataIndex({ dataSpaceMap }: Superblock): Map<number, BitmapEntry> {
    const entries = new Map<number, BitmapEntry>();
    const walk = new TreeWalk(this, {
      place: 'data space map',
      values: 'bitmaps',
      valueSize: BITMAP_ENTRY_SIZE,
      visit: (leaf) => bitmapEntries(leaf, entries),
    });
    walk.walk(dataSpaceMap.bitmapRoot);
    this.#isIncomplete ||= walk.isIncomplete;
    return entries;
  }

  #metadataIndex({ metadataSpaceMap }: Superblock): Map<number, BitmapEntry> {
    const entries = new Map<number, BitmapEntry>();
    const { bitmapRoot, blocks } = metadataSpaceMap;
    this.metadata.add(bitmapRoot);
    try {
      const { view } = this.transaction.read(bitmapRoot, METADATA_INDEX);
      const bitmaps = Math.ceil(Math.min(blocks, MAX_METADATA_BLOCKS) / COUNTS_PER_BITMAP);
      for (let i = 0; i < bitmaps; i++) entries.set(i, decodeBitmapEntry(view, indexEntryOffset(i)));
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      this.#isIncomplete = true;
      this.#report('metadata space map', bitmapRoot, error.message, 'no kernel opens the pool');
    }
    return entries;
  }

  #report(place: FaultPlace, block: number | undefined, finding: string, consequence: string): void {
    this.faults.push({ place, block, finding, consequence });
  }
}

interface Trees {
  readonly mappings: TreeWalk;
  readonly top: TreeWalk;
  readonly details: TreeWalk;
  /** How many mappings each thin device has. */
  readonly roots: Map<number, number>;
  /** How many its details say. */
  readonly stored: Map<number, number>;
}
