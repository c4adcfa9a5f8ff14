import { DmError } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { COUNTS_PER_BITMAP } from '../format/bitmap.ts';
import { BITMAP_ENTRY_SIZE, type BitmapEntry, decodeBitmapEntry } from '../format/bitmap-entry.ts';
import { DETAILS_SIZE, decodeDetails } from '../format/device-details.ts';
import { dataBlockAt, MAPPING_SIZE } from '../format/mapping.ts';
import { indexEntryOffset, METADATA_INDEX } from '../format/metadata-index.ts';
import { ADDRESS_SIZE } from '../format/node.ts';
import { decodeSuperblock, SUPERBLOCK, SUPERBLOCK_LOCATION, type Superblock } from '../format/superblock.ts';
import { getU64 } from '../format/u64.ts';
import { MAX_METADATA_BLOCKS } from '../space-map/metadata-space-map.ts';
import { Tally } from '../space-map/tally.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import { type Fault, type FaultPlace, Findings, type Severity } from './fault.ts';
import { explainLosses } from './lost-keys.ts';
import { bitmapEntries, eachEntry, readSpaceMap } from './space-map-check.ts';
import { examineSuperblock } from './superblock-check.ts';
import { type CheckContext, TreeWalk, type WalkedTree } from './tree-walk.ts';

/** A part of a check, in their order. */
export type CheckPhase = 'superblock' | 'devices' | 'top level of mappings' | 'mappings' | 'space maps';

export interface CheckOptions {
  /** Look at the superblock and nothing else. */
  readonly superblockOnly?: boolean | undefined;
  /** Look at which thin devices there are, but not at what they map, nor at the space maps, which depend on it. */
  readonly skipMappings?: boolean | undefined;
  /** Check what is held for user space instead, which a running pool does not change; it has no space maps of its own. */
  readonly held?: boolean | undefined;
  /** Take this metadata block for the root of all mappings, not the one the superblock names. */
  readonly mappingRoot?: number | undefined;
  /** Called as each part begins. */
  readonly onPhase?: ((phase: CheckPhase) => void) | undefined;
}

/** Mapping trees of a thousand devices have some thousand nodes above their leaves. */
const CACHED_BLOCKS = 2048;

/**
 * Checks a pool's metadata as the last commit left it: every block's checksum, the order and shape of every tree, details
 * against mappings, and both space maps against what the trees refer to. Changes nothing. A sound pool has no faults.
 * @throws DmError IO (EIO): the device has less than one block. NO_DATA (ENODATA): nothing is held.
 */
export function checkMetadata(device: MetadataDevice, options: CheckOptions = {}): Fault[] {
  return new MetadataCheck(device, options).run();
}

class MetadataCheck implements CheckContext {
  readonly transaction: TransactionManager;
  readonly metadataBlocks: number;
  readonly metadata = new Tally();
  readonly data = new Tally();
  readonly findings = new Findings();
  readonly #options: CheckOptions;
  /** How many mappings each thin device has, where all of them could be read. */
  readonly #mapped = new Map<number, number | undefined>();
  /** How many its details say. */
  readonly #recorded = new Map<number, number>();
  readonly #roots = new Map<number, number>();
  #dataBlocks = 0;
  #isIncomplete = false;

  readonly #mappings = this.#tree('mappings', 'mappings', MAPPING_SIZE, (leaf) =>
    eachEntry(leaf, (key, offset) => {
      const block = dataBlockAt(leaf.view, offset);
      if (block < this.#dataBlocks) this.data.add(block);
      else
        this.findings.report(
          'mappings',
          leaf.number,
          `it maps block ${key} to data block ${block} of ${this.#dataBlocks}`,
          'reads and writes there fail',
        );
    }),
  );
  readonly #top = this.#tree('mappings', 'thin devices', ADDRESS_SIZE, (leaf) =>
    eachEntry(leaf, (id, offset) => this.#thin(id, getU64(leaf.view, offset))),
  );
  readonly #details = this.#tree('device details', 'thin devices', DETAILS_SIZE, (leaf) =>
    eachEntry(leaf, (id, at) => this.#recorded.set(id, decodeDetails(leaf.view, at).mappedBlocks)),
  );

  constructor(device: MetadataDevice, options: CheckOptions) {
    this.metadataBlocks = device.nrBlocks;
    this.transaction = new TransactionManager(new BlockCache(device, CACHED_BLOCKS));
    this.#options = options;
  }

  run(): Fault[] {
    const { superblockOnly, skipMappings, held, onPhase } = this.#options;
    onPhase?.('superblock');
    this.metadata.add(SUPERBLOCK_LOCATION);
    const live = this.#superblock(SUPERBLOCK_LOCATION, 'superblock', 'the whole pool is lost');
    if (live === undefined) return this.findings.faults;
    const superblock = held === true ? this.#heldSuperblock(live) : live;
    if (superblock === undefined) return this.findings.faults;
    examineSuperblock(superblock, this.metadataBlocks, this.findings);
    if (superblockOnly === true) return this.findings.faults;
    this.#dataBlocks = live.dataSpaceMap.blocks;
    const mappingRoot = this.#options.mappingRoot ?? superblock.mappingRoot;
    onPhase?.('devices');
    this.#details.walk(superblock.detailsRoot);
    onPhase?.(skipMappings === true ? 'top level of mappings' : 'mappings');
    this.#top.walk(mappingRoot);
    this.#compareDevices();
    if (held !== true && skipMappings !== true) {
      this.#held(superblock);
      onPhase?.('space maps');
      this.#spaceMaps(superblock);
    }
    explainLosses(this.findings, this.#mappings, this.#roots, [
      { walk: this.#top, root: mappingRoot, what: 'all mappings' },
      { walk: this.#details, root: superblock.detailsRoot, what: 'the details' },
    ]);
    return this.findings.faults;
  }

  #tree(place: FaultPlace, values: string, valueSize: number, visit: WalkedTree['visit']): TreeWalk {
    return new TreeWalk(this, { place, values, valueSize, visit });
  }

  #thin(id: number, root: number): void {
    this.#roots.set(id, root);
    if (this.#options.skipMappings === true) {
      this.#mapped.set(id, undefined);
      return;
    }
    const { entries, isWhole } = this.#mappings.walk(root);
    this.#mapped.set(id, isWhole ? entries : undefined);
  }

  #superblock(number: number, place: FaultPlace, consequence: string): Superblock | undefined {
    try {
      return decodeSuperblock(this.transaction.read(number, SUPERBLOCK));
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      this.#isIncomplete = true;
      this.findings.report(place, number, error.message, consequence);
      return undefined;
    }
  }

  #heldSuperblock({ heldRoot }: Superblock): Superblock | undefined {
    if (heldRoot === 0)
      throw new DmError('NO_DATA', 'the pool holds no metadata for user space', {
        errno: 'ENODATA',
        operation: 'check',
        remedy: 'Send the pool the message reserve_metadata_snap first, and release_metadata_snap afterwards.',
      });
    return this.#superblock(heldRoot, 'held metadata', HELD_LOST);
  }

  #compareDevices(): void {
    const say = (finding: string, consequence: string, severity: Severity = 'fatal'): void =>
      void this.findings.report('device details', undefined, finding, consequence, { severity });
    for (const [id, mapped] of this.#mapped) {
      const recorded = this.#recorded.get(id);
      if (recorded === undefined) {
        if (!this.#details.isIncomplete)
          say(`thin device ${id} has mappings but no details`, 'it cannot be opened or deleted');
      } else if (mapped !== undefined && recorded !== mapped)
        say(`thin device ${id} has ${mapped} mappings, not ${recorded}`, 'its status is wrong', 'minor');
    }
    if (this.#top.isIncomplete) return;
    for (const id of this.#recorded.keys())
      if (!this.#mapped.has(id))
        say(`thin device ${id} has details but no mappings`, 'it can be opened, but not read, written or deleted');
  }

  /** What is held for user space shares nodes with the live trees, and counts as one parent more where it does. */
  #held({ heldRoot }: Superblock): void {
    if (heldRoot === 0) return;
    if (heldRoot < this.metadataBlocks) this.metadata.add(heldRoot);
    const held = this.#superblock(heldRoot, 'held metadata', HELD_LOST);
    if (held === undefined) return;
    this.#top.walk(held.mappingRoot);
    this.#details.walk(held.detailsRoot);
  }

  #spaceMaps(superblock: Superblock): void {
    const data = readSpaceMap(this, 'data space map', superblock.dataSpaceMap, this.#dataIndex(superblock));
    const index = this.#metadataIndex(superblock);
    const metadata = readSpaceMap(this, 'metadata space map', superblock.metadataSpaceMap, index);
    const walks = [this.#mappings, this.#top, this.#details];
    this.#isIncomplete ||= walks.some((walk) => walk.isIncomplete);
    data.compare(this.data, !this.#isIncomplete);
    metadata.compare(this.metadata, !this.#isIncomplete && !data.isIncomplete && !metadata.isIncomplete);
  }

  #dataIndex({ dataSpaceMap }: Superblock): Map<number, BitmapEntry> {
    const entries = new Map<number, BitmapEntry>();
    const walk = this.#tree('data space map', 'bitmaps', BITMAP_ENTRY_SIZE, (leaf) => bitmapEntries(leaf, entries));
    walk.walk(dataSpaceMap.bitmapRoot);
    this.#isIncomplete ||= walk.isIncomplete;
    return entries;
  }

  #metadataIndex({ metadataSpaceMap }: Superblock): Map<number, BitmapEntry> {
    const entries = new Map<number, BitmapEntry>();
    const { bitmapRoot, blocks } = metadataSpaceMap;
    if (bitmapRoot < this.metadataBlocks) this.metadata.add(bitmapRoot);
    try {
      const { view } = this.transaction.read(bitmapRoot, METADATA_INDEX);
      const bitmaps = Math.ceil(Math.min(blocks, MAX_METADATA_BLOCKS) / COUNTS_PER_BITMAP);
      for (let i = 0; i < bitmaps; i++) entries.set(i, decodeBitmapEntry(view, indexEntryOffset(i)));
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      this.#isIncomplete = true;
      this.findings.report('metadata space map', bitmapRoot, error.message, 'no kernel opens the pool');
    }
    return entries;
  }
}

const HELD_LOST = 'what is held can be neither read nor released';
