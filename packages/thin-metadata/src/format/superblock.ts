import { Block, type BlockKind } from './block.ts';
import { getU64, setU64 } from './u64.ts';

/** Where the superblock lies, in metadata blocks. */
export const SUPERBLOCK_LOCATION = 0;
/** Sectors in a metadata block, as the superblock says it. */
export const METADATA_BLOCK_SECTORS = 8;
export const NEEDS_CHECK_FLAG = 1;

const MAGIC = 27_022_010;
const VERSION = 2;
const NO_UUID = new Uint8Array();

// struct thin_disk_superblock (drivers/md/dm-thin-metadata.c)
const FLAGS = 4;
const UUID = 16;
const UUID_END = 32;
const MAGIC_AT = 32;
const VERSION_AT = 40;
const TIME = 44;
const TRANSACTION_ID = 48;
const HELD_ROOT = 56;
const DATA_SPACE_MAP = 64;
const METADATA_SPACE_MAP = 192;
const SPACE_MAP_END = 320;
const MAPPING_ROOT = 320;
const DETAILS_ROOT = 328;
const DATA_BLOCK_SIZE = 336;
const METADATA_BLOCK_SIZE_AT = 340;
const METADATA_BLOCKS = 344;
const COMPAT = 352;
const COMPAT_RO = 356;
const INCOMPAT = 360;

/** Where a space map starts, and its two counters (struct disk_sm_root); blocks of what it counts. */
export interface SpaceMapRoot {
  readonly blocks: number;
  readonly allocated: number;
  readonly bitmapRoot: number;
  readonly overflowRoot: number;
}

/** What the superblock says. Roots are metadata blocks. */
export interface Superblock {
  readonly flags: number;
  readonly uuid: Uint8Array;
  readonly version: number;
  /** Goes up by one with each snapshot; mappings are stamped with it. */
  readonly time: number;
  readonly transactionId: bigint;
  /** The copy of the superblock held for user space, 0 for none. */
  readonly heldRoot: number;
  readonly dataSpaceMap: SpaceMapRoot;
  readonly metadataSpaceMap: SpaceMapRoot;
  readonly mappingRoot: number;
  readonly detailsRoot: number;
  /** In sectors. */
  readonly dataBlockSize: number;
  /** In sectors: 8. */
  readonly metadataBlockSize: number;
  /** As it was when the metadata was formatted; growing does not change it. */
  readonly metadataBlocks: number;
  readonly compatFlags: number;
  readonly compatRoFlags: number;
  readonly incompatFlags: number;
}

export const SUPERBLOCK: BlockKind = {
  name: 'superblock',
  salt: 160_774,
  recognise: ({ view }) => {
    const magic = view.getBigUint64(MAGIC_AT, true);
    return magic === BigInt(MAGIC) ? undefined : `its magic number is ${magic}, not ${MAGIC}`;
  },
};

export function decodeSuperblock({ view, bytes }: Block): Superblock {
  return {
    flags: view.getUint32(FLAGS, true),
    uuid: bytes.slice(UUID, UUID_END),
    version: view.getUint32(VERSION_AT, true),
    time: view.getUint32(TIME, true),
    transactionId: view.getBigUint64(TRANSACTION_ID, true),
    heldRoot: getU64(view, HELD_ROOT),
    dataSpaceMap: decodeSpaceMapRoot(view, DATA_SPACE_MAP),
    metadataSpaceMap: decodeSpaceMapRoot(view, METADATA_SPACE_MAP),
    mappingRoot: getU64(view, MAPPING_ROOT),
    detailsRoot: getU64(view, DETAILS_ROOT),
    dataBlockSize: view.getUint32(DATA_BLOCK_SIZE, true),
    metadataBlockSize: view.getUint32(METADATA_BLOCK_SIZE_AT, true),
    metadataBlocks: getU64(view, METADATA_BLOCKS),
    compatFlags: view.getUint32(COMPAT, true),
    compatRoFlags: view.getUint32(COMPAT_RO, true),
    incompatFlags: view.getUint32(INCOMPAT, true),
  };
}

/** A superblock of a pool that has just been formatted, all zeros but the fields that never change. */
export function blankSuperblock(
  dataBlockSize: number,
  metadataBlocks: number,
  { uuid = NO_UUID, version = VERSION }: Partial<Pick<Superblock, 'uuid' | 'version'>> = {},
): Block {
  const block = new Block(SUPERBLOCK_LOCATION, SUPERBLOCK);
  block.bytes.set(uuid.subarray(0, UUID_END - UUID), UUID);
  setU64(block.view, MAGIC_AT, MAGIC);
  block.view.setUint32(VERSION_AT, version, true);
  block.view.setUint32(DATA_BLOCK_SIZE, dataBlockSize, true);
  block.view.setUint32(METADATA_BLOCK_SIZE_AT, METADATA_BLOCK_SECTORS, true);
  setU64(block.view, METADATA_BLOCKS, metadataBlocks);
  return block;
}

/** What a commit changes in the superblock. */
export type SuperblockChange = Pick<
  Superblock,
  'flags' | 'time' | 'transactionId' | 'heldRoot' | 'dataSpaceMap' | 'metadataSpaceMap' | 'mappingRoot' | 'detailsRoot'
>;

export function updateSuperblock({ view }: Block, change: SuperblockChange): void {
  view.setUint32(FLAGS, change.flags, true);
  view.setUint32(TIME, change.time, true);
  view.setBigUint64(TRANSACTION_ID, change.transactionId, true);
  setU64(view, HELD_ROOT, change.heldRoot);
  encodeSpaceMapRoot(view, DATA_SPACE_MAP, change.dataSpaceMap);
  encodeSpaceMapRoot(view, METADATA_SPACE_MAP, change.metadataSpaceMap);
  setU64(view, MAPPING_ROOT, change.mappingRoot);
  setU64(view, DETAILS_ROOT, change.detailsRoot);
}

/** Makes of a copy of the superblock what is held for user space: no space maps, since they go on changing. */
export function stripSpaceMaps({ bytes }: Block): void {
  bytes.fill(0, DATA_SPACE_MAP, SPACE_MAP_END);
}

function decodeSpaceMapRoot(view: DataView, offset: number): SpaceMapRoot {
  return {
    blocks: getU64(view, offset),
    allocated: getU64(view, offset + 8),
    bitmapRoot: getU64(view, offset + 16),
    overflowRoot: getU64(view, offset + 24),
  };
}

function encodeSpaceMapRoot(view: DataView, offset: number, root: SpaceMapRoot): void {
  setU64(view, offset, root.blocks);
  setU64(view, offset + 8, root.allocated);
  setU64(view, offset + 16, root.bitmapRoot);
  setU64(view, offset + 24, root.overflowRoot);
}
