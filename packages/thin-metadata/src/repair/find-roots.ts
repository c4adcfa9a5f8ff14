import type { MetadataDevice } from '../device/metadata-device.ts';
import type { DeviceDetails } from '../format/device-details.ts';
import { decodeDetails } from '../format/device-details.ts';
import { addressAt, entryCount, keyAt, valueOffset } from '../format/node.ts';
import { type PoolTrees, poolTrees } from '../pool/pool-trees.ts';
import { BlockCache } from '../transaction/block-cache.ts';
import { TransactionManager } from '../transaction/transaction-manager.ts';
import { NodeScan } from './node-scan.ts';
import { soundLeaves } from './sound-leaves.ts';

/** Where a pool's devices are described, and where their mappings begin; undefined where it is not known. */
export interface PoolRoots {
  readonly mappingRoot: number | undefined;
  readonly detailsRoot: number | undefined;
}

/** Old roots stay on the device until they are overwritten: no more of them are weighed than this. */
const CANDIDATES = 64;
const CACHED_BLOCKS = 2048;

/**
 * Looks through a whole device for the roots that a superblock does not tell any more: the newest tree of details and the
 * tree of roots that fit each other best. `known` roots are kept.
 */
export function findRoots(device: MetadataDevice, known: PoolRoots): PoolRoots {
  const scan = new NodeScan(device);
  const trees = poolTrees(new TransactionManager(new BlockCache(device, CACHED_BLOCKS)));
  const detailsRoots = known.detailsRoot === undefined ? scan.detailsRoots() : [known.detailsRoot];
  const details = detailsRoots
    .map((root) => readDetails(trees, root))
    .sort((one, other) => compareAges(other, one))
    .slice(0, CANDIDATES);
  const topRoots = known.mappingRoot === undefined ? scan.topRoots() : [known.mappingRoot];
  const tops = topRoots.map((root) => readTop(trees, scan, root)).filter((top) => top !== undefined);
  let best: Match | undefined;
  for (const candidate of details)
    for (const top of tops) {
      const match = matchOf(scan, candidate, top);
      if (best === undefined || compareMatches(match, best) > 0) best = match;
    }
  return {
    mappingRoot: best?.top.root ?? tops[0]?.root,
    detailsRoot: best?.details.root ?? details[0]?.root,
  };
}

interface DetailsTree {
  readonly root: number;
  readonly devices: ReadonlyMap<number, DeviceDetails>;
  readonly transactionId: bigint;
  readonly time: number;
}

interface TopTree {
  readonly root: number;
  readonly roots: ReadonlyMap<number, number>;
}

interface Match {
  readonly details: DetailsTree;
  readonly top: TopTree;
  /** Devices that one of the two does not have, or whose mappings are not as many as their details say. */
  readonly contradictions: number;
}

function readDetails(trees: PoolTrees, root: number): DetailsTree {
  const devices = new Map<number, DeviceDetails>();
  let transactionId = 0n;
  let time = 0;
  for (const leaf of soundLeaves(trees.details, root, { lostNodes: 0 }))
    for (let index = 0; index < entryCount(leaf); index++) {
      const details = decodeDetails(leaf.view, valueOffset(leaf, index));
      devices.set(keyAt(leaf, index), details);
      if (details.transactionId > transactionId) transactionId = details.transactionId;
      time = Math.max(time, details.creationTime, details.snapshottedTime);
    }
  return { root, devices, transactionId, time };
}

/**
 * Undefined for a tree of mappings, whose values are far above all metadata blocks but for that of data block 0. A root that
 * is damaged itself does not make it one.
 */
function readTop(trees: PoolTrees, scan: NodeScan, root: number): TopTree | undefined {
  const roots = new Map<number, number>();
  for (const leaf of soundLeaves(trees.top, root, { lostNodes: 0 }))
    for (let index = 0; index < entryCount(leaf); index++) {
      const value = addressAt(leaf, index);
      if (value >= scan.nrBlocks) return undefined;
      roots.set(keyAt(leaf, index), value);
    }
  return [...roots.values()].some((value) => scan.isMappings(value)) || roots.size === 0 ? { root, roots } : undefined;
}

function matchOf(scan: NodeScan, details: DetailsTree, top: TopTree): Match {
  let contradictions = 0;
  for (const [id, { mappedBlocks }] of details.devices) {
    const root = top.roots.get(id);
    if (root === undefined || scan.entriesBelow(root) !== mappedBlocks) contradictions++;
  }
  for (const id of top.roots.keys()) if (!details.devices.has(id)) contradictions++;
  return { details, top, contradictions };
}

/** Fewer contradictions first, for their share of the devices; then the newer; then more devices. */
function compareMatches(one: Match, other: Match): number {
  return (
    shareOf(other) - shareOf(one) ||
    compareAges(one.details, other.details) ||
    one.details.devices.size - other.details.devices.size
  );
}

function shareOf({ details, contradictions }: Match): number {
  return details.devices.size === 0 ? 1 : contradictions / details.devices.size;
}

function compareAges(one: DetailsTree, other: DetailsTree): number {
  if (one.transactionId !== other.transactionId) return one.transactionId < other.transactionId ? -1 : 1;
  return one.time - other.time;
}
