import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { FilesystemType } from '@dmthin/domain';
import { BLOCK_SIZE, MAX_MAP_BLOCKS, POINTER_SIZE, SUPERBLOCK_BODY } from './layout.ts';

const MAGIC = 'DMTHINFS';
const VERSION = 1;
const TYPES: readonly FilesystemType[] = ['ext4', 'xfs'];

/** Where a block of metadata lies and what its checksum is. */
export interface Pointer {
  readonly block: number;
  readonly checksum: number;
}

export interface Superblock {
  readonly type: FilesystemType;
  readonly uuid: string;
  /** Counts commits; the higher of two valid superblocks is the current one. */
  readonly generation: bigint;
  /** How many blocks the filesystem uses of its device. */
  readonly blocks: number;
  /** How many inode table blocks there are. */
  readonly tableBlocks: number;
  /** The blocks with the pointers to the inode table. */
  readonly maps: readonly Pointer[];
}

export function encodeSuperblock(superblock: Superblock): Uint8Array {
  const block = Buffer.alloc(BLOCK_SIZE);
  block.write(MAGIC, 'latin1');
  block.writeUInt32LE(VERSION, 12);
  block.writeBigUInt64LE(superblock.generation, 16);
  block.writeUInt32LE(superblock.blocks, 24);
  block.writeUInt32LE(superblock.tableBlocks, 28);
  block.writeUInt32LE(superblock.maps.length, 32);
  block.writeUInt8(TYPES.indexOf(superblock.type), 36);
  block.write(superblock.uuid.replaceAll('-', ''), 40, 'hex');
  encodePointers(superblock.maps, block.subarray(SUPERBLOCK_BODY));
  block.writeUInt32LE(crc32(block), 8);
  return block;
}

/** undefined where the block is not a superblock, or one that was not written to its end. */
export function decodeSuperblock(bytes: Uint8Array): Superblock | undefined {
  const block = Buffer.from(bytes);
  if (block.toString('latin1', 0, 8) !== MAGIC || block.readUInt32LE(12) !== VERSION) return undefined;
  const checksum = block.readUInt32LE(8);
  block.writeUInt32LE(0, 8);
  const type = TYPES[block.readUInt8(36)];
  const maps = block.readUInt32LE(32);
  if (crc32(block) !== checksum || type === undefined || maps > MAX_MAP_BLOCKS) return undefined;
  return {
    type,
    uuid: block.toString('hex', 40, 56).replace(/^(.{8})(.{4})(.{4})(.{4})/u, '$1-$2-$3-$4-'),
    generation: block.readBigUInt64LE(16),
    blocks: block.readUInt32LE(24),
    tableBlocks: block.readUInt32LE(28),
    maps: decodePointers(block.subarray(SUPERBLOCK_BODY), maps),
  };
}

export function encodePointers(pointers: readonly Pointer[], into: Buffer = Buffer.alloc(BLOCK_SIZE)): Buffer {
  pointers.forEach(({ block, checksum }, index) => {
    into.writeUInt32LE(block, index * POINTER_SIZE);
    into.writeUInt32LE(checksum, index * POINTER_SIZE + 4);
  });
  return into;
}

export function decodePointers(bytes: Uint8Array, count: number): Pointer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, index) => ({
    block: view.getUint32(index * POINTER_SIZE, true),
    checksum: view.getUint32(index * POINTER_SIZE + 4, true),
  }));
}
