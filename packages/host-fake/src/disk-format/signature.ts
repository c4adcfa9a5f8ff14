import { Buffer } from 'node:buffer';
import type { FilesystemType } from '@dmthin/domain';
import { BLOCK_SIZE } from './layout.ts';

const EXT4_SUPERBLOCK = 1024;
const EXT4_MAGIC = 0xef53;
/** extents, filetype, and a bit that no kernel knows, so that none takes this for an ext4 it could mount. */
const EXT4_INCOMPATIBLE = 0x8000_0042;
/** has_journal. */
const EXT4_COMPATIBLE = 0x4;

/**
 * The block 0 of an ext4 (`struct ext4_super_block`, little-endian) or xfs (`struct xfs_dsb`, big-endian), with what
 * blkid and `probeFilesystem` look at: magic, uuid, label and a geometry that makes sense.
 */
export function encodeSignature(type: FilesystemType, uuid: string, blocks: number, label: string): Uint8Array {
  const block = Buffer.alloc(BLOCK_SIZE);
  const id = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (type === 'ext4') encodeExt4(block.subarray(EXT4_SUPERBLOCK), id, blocks, label);
  else encodeXfs(block, id, blocks, label);
  return block;
}

function encodeExt4(superblock: Buffer, uuid: Buffer, blocks: number, label: string): void {
  superblock.writeUInt32LE(16, 0x00); // s_inodes_count
  superblock.writeUInt32LE(blocks, 0x04); // s_blocks_count_lo
  superblock.writeUInt32LE(2, 0x18); // s_log_block_size: 4096
  superblock.writeUInt32LE(2, 0x1c); // s_log_cluster_size
  superblock.writeUInt32LE(32_768, 0x20); // s_blocks_per_group
  superblock.writeUInt32LE(32_768, 0x24); // s_clusters_per_group
  superblock.writeUInt32LE(16, 0x28); // s_inodes_per_group
  superblock.writeUInt16LE(0xffff, 0x36); // s_max_mnt_count: never
  superblock.writeUInt16LE(EXT4_MAGIC, 0x38); // s_magic
  superblock.writeUInt16LE(1, 0x3a); // s_state: clean
  superblock.writeUInt32LE(1, 0x4c); // s_rev_level: dynamic
  superblock.writeUInt32LE(11, 0x54); // s_first_ino
  superblock.writeUInt16LE(256, 0x58); // s_inode_size
  superblock.writeUInt32LE(EXT4_COMPATIBLE, 0x5c); // s_feature_compat
  superblock.writeUInt32LE(EXT4_INCOMPATIBLE, 0x60); // s_feature_incompat
  superblock.set(uuid, 0x68); // s_uuid
  superblock.write(label, 0x78, 16, 'utf8'); // s_volume_name
}

function encodeXfs(superblock: Buffer, uuid: Buffer, blocks: number, label: string): void {
  superblock.write('XFSB', 0, 'latin1'); // sb_magicnum
  superblock.writeUInt32BE(BLOCK_SIZE, 4); // sb_blocksize
  superblock.writeBigUInt64BE(BigInt(blocks), 8); // sb_dblocks
  superblock.set(uuid, 32); // sb_uuid
  superblock.writeUInt32BE(1, 80); // sb_rextsize
  superblock.writeUInt32BE(blocks, 84); // sb_agblocks
  superblock.writeUInt32BE(1, 88); // sb_agcount
  superblock.writeUInt16BE(0xb4a4, 100); // sb_versionnum: 4, without a checksum
  superblock.writeUInt16BE(512, 102); // sb_sectsize
  superblock.writeUInt16BE(512, 104); // sb_inodesize
  superblock.writeUInt16BE(8, 106); // sb_inopblock
  superblock.write(label, 108, 12, 'utf8'); // sb_fname
  superblock.writeUInt8(12, 120); // sb_blocklog
  superblock.writeUInt8(9, 121); // sb_sectlog
  superblock.writeUInt8(9, 122); // sb_inodelog
  superblock.writeUInt8(3, 123); // sb_inopblog
  superblock.writeUInt8(Math.ceil(Math.log2(blocks)), 124); // sb_agblklog
  superblock.writeUInt8(25, 127); // sb_imax_pct
}
