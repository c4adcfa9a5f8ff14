import { DmError, type ThinId } from '@dmthin/domain';
import { headerOf } from '../content/emit-pool.ts';
import type { PoolHeader, PoolSink } from '../content/pool-content.ts';
import { RunMerger } from '../content/run-merger.ts';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { type DeviceDetails, decodeDetails } from '../format/device-details.ts';
import { dataBlockAt, timeAt } from '../format/mapping.ts';
import { addressAt, entryCount, keyAt, valueOffset } from '../format/node.ts';
import { decodeSuperblock, SUPERBLOCK, SUPERBLOCK_LOCATION, type Superblock } from '../format/superblock.ts';
import { type PoolTrees, poolTrees } from '../pool/pool-trees.ts';
import type { HeaderOverrides } from '../restore/pool-builder.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import { findRoots, type PoolRoots } from './find-roots.ts';
import { soundLeaves } from './sound-leaves.ts';

/** What could be had of a damaged pool. */
export interface SalvageReport {
  /** Whether the superblock could not be used, so that the pool's numbers are those that were given. */
  readonly isSuperblockLost: boolean;
  /** Whether a root had to be searched for, so that the pool may be older than its last commit. */
  readonly areRootsFound: boolean;
  readonly devices: number;
  readonly mappedBlocks: number;
  /** Devices of which some mappings are lost, and how many of the blocks that their details counted. */
  readonly incomplete: readonly { readonly thin: ThinId; readonly lostBlocks: number }[];
  /** Devices that had details, but of whose mappings there is nothing; they are left out. */
  readonly lost: readonly ThinId[];
}

const CACHED_BLOCKS = 2048;
/** Above every time in the pool, and thin_repair's choice too. */
const LATE = 100_000;

/**
 * Hands all that can still be read of a damaged pool to a sink, which gets nothing that contradicts itself. Stops after
 * every leaf. @throws DmError INVALID_ARGUMENT: the superblock is lost, and its numbers are not given. CORRUPT: there is no
 * pool to be found. IO.
 */
export function* salvagePool(
  device: MetadataDevice,
  sink: PoolSink,
  overrides: HeaderOverrides = {},
): Generator<void, SalvageReport> {
  const trees = poolTrees(new TransactionManager(new BlockCache(device, CACHED_BLOCKS)));
  const superblock = readSuperblock(device);
  const stored = usableRoots(trees, superblock);
  const areRootsFound = stored.mappingRoot === undefined || stored.detailsRoot === undefined;
  const { mappingRoot, detailsRoot } = areRootsFound ? findRoots(device, stored) : stored;
  if (mappingRoot === undefined) throw nothingFound();
  const details = detailsRoot === undefined ? new Map<ThinId, DeviceDetails>() : readDetails(trees, detailsRoot);
  const header = superblock === undefined ? givenHeader(overrides, details) : keptHeader(superblock, overrides);
  const roots = readRoots(trees, mappingRoot);
  const incomplete: { thin: ThinId; lostBlocks: number }[] = [];
  let mappedBlocks = 0;
  sink.begin(header);
  for (const [thin, root] of roots) {
    const recorded = details.get(thin);
    sink.beginDevice({ id: thin, ...(recorded ?? unrecorded(header)) });
    const { lostNodes, mapped } = yield* salvageMappings(trees, root, header.dataBlocks, sink);
    sink.endDevice();
    mappedBlocks += mapped;
    if (lostNodes > 0) incomplete.push({ thin, lostBlocks: Math.max(0, (recorded?.mappedBlocks ?? mapped) - mapped) });
  }
  sink.end();
  return {
    isSuperblockLost: superblock === undefined,
    areRootsFound,
    devices: roots.size,
    mappedBlocks,
    incomplete,
    lost: [...details.keys()].filter((id) => !roots.has(id)),
  };
}

function* salvageMappings(
  trees: PoolTrees,
  root: number,
  dataBlocks: number,
  sink: PoolSink,
): Generator<void, { readonly lostNodes: number; readonly mapped: number }> {
  const salvage = { lostNodes: 0 };
  const runs = new RunMerger(sink);
  let mapped = 0;
  for (const leaf of soundLeaves(trees.mappings, root, salvage)) {
    for (let index = 0; index < entryCount(leaf); index++) {
      const at = valueOffset(leaf, index);
      const dataBlock = dataBlockAt(leaf.view, at);
      const block = keyAt(leaf, index);
      if (dataBlock >= dataBlocks || !Number.isSafeInteger(block + 1)) continue;
      runs.add(block, dataBlock, timeAt(leaf.view, at));
      mapped++;
    }
    yield;
  }
  runs.flush();
  return { lostNodes: salvage.lostNodes, mapped };
}

function readSuperblock(device: MetadataDevice): Superblock | undefined {
  try {
    return decodeSuperblock(new BlockCache(device, CACHED_BLOCKS).read(SUPERBLOCK_LOCATION, SUPERBLOCK));
  } catch (error) {
    if (!DmError.is(error) || error.code !== 'CORRUPT') throw error;
    return undefined;
  }
}

/** The superblock's roots, as far as they can be read themselves. */
function usableRoots({ top, details }: PoolTrees, superblock: Superblock | undefined): PoolRoots {
  if (superblock === undefined) return { mappingRoot: undefined, detailsRoot: undefined };
  const { mappingRoot, detailsRoot } = superblock;
  return {
    mappingRoot: soundLeaves(top, mappingRoot, { lostNodes: 0 }).next().done === true ? undefined : mappingRoot,
    detailsRoot: soundLeaves(details, detailsRoot, { lostNodes: 0 }).next().done === true ? undefined : detailsRoot,
  };
}

function readDetails({ details }: PoolTrees, root: number): Map<ThinId, DeviceDetails> {
  const devices = new Map<ThinId, DeviceDetails>();
  for (const leaf of soundLeaves(details, root, { lostNodes: 0 }))
    for (let index = 0; index < entryCount(leaf); index++)
      devices.set(keyAt(leaf, index) as ThinId, decodeDetails(leaf.view, valueOffset(leaf, index)));
  return devices;
}

function readRoots({ top }: PoolTrees, root: number): Map<ThinId, number> {
  const roots = new Map<ThinId, number>();
  for (const leaf of soundLeaves(top, root, { lostNodes: 0 }))
    for (let index = 0; index < entryCount(leaf); index++)
      if (keyAt(leaf, index) < MAX_THIN_ID) roots.set(keyAt(leaf, index) as ThinId, addressAt(leaf, index));
  return roots;
}

const MAX_THIN_ID = 2 ** 24;

/** A snapshot time above every mapping's: all blocks count as shared, and none is overwritten in place. */
function unrecorded({ time, transactionId }: PoolHeader): DeviceDetails {
  return { mappedBlocks: 0, transactionId, creationTime: time, snapshottedTime: time };
}

function givenHeader(
  { transactionId, dataBlockSize, dataBlocks }: HeaderOverrides,
  details: ReadonlyMap<ThinId, DeviceDetails>,
): PoolHeader {
  if (transactionId === undefined) throw notGiven('transaction id');
  if (dataBlockSize === undefined) throw notGiven('data block size');
  if (dataBlocks === undefined) throw notGiven('nr data blocks');
  let time = LATE;
  for (const { creationTime, snapshottedTime } of details.values())
    time = Math.max(time, creationTime + 1, snapshottedTime + 1);
  return { uuid: '', time, transactionId, flags: 0, version: 2, dataBlockSize, dataBlocks };
}

function keptHeader(superblock: Superblock, overrides: HeaderOverrides): PoolHeader {
  const header = headerOf(superblock, superblock.dataSpaceMap.blocks);
  return {
    ...header,
    version: header.version === 1 ? 1 : 2,
    transactionId: overrides.transactionId ?? header.transactionId,
    dataBlockSize: overrides.dataBlockSize ?? header.dataBlockSize,
    dataBlocks: overrides.dataBlocks ?? header.dataBlocks,
  };
}

function notGiven(field: string): DmError {
  return new DmError(
    'INVALID_ARGUMENT',
    `The following field needs to be provided on the command line due to corruption in the superblock: ${field}`,
    {
      operation: 'repair',
      remedy: 'dmsetup table says the data block size of the pool, dmsetup status its transaction id and data blocks.',
    },
  );
}

function nothingFound(): DmError {
  return new DmError('CORRUPT', 'no tree of mappings is left on the device', {
    errno: 'EILSEQ',
    operation: 'repair',
    remedy: 'Restore the pool from a backup of its metadata.',
  });
}
