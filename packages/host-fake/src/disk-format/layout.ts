/**
 * What a fake filesystem looks like on its device. Everything is in blocks of 4096 bytes, little-endian.
 *
 *     block 0        the signature of a real ext4 or xfs: magic and uuid where blkid and `probe` look for them
 *     blocks 1, 2    two superblocks; the valid one with the higher generation counts
 *     blocks 3 - 31  never used (btrfs would have its magic in block 16)
 *     blocks 32 -    file contents, directories, inode table, inode map, in any order
 *
 *     superblock -> inode map blocks -> inode table blocks -> records -> extents
 *
 * Each pointer on the way to a record carries the checksum of the block it points at. Which blocks are free is not
 * stored: all that no record, table or map holds.
 *
 * Nothing that the newest superblock reaches is ever written over. A write-back puts changed blocks in free ones,
 * flushes, writes the superblock that is not current, and flushes again; only then are the replaced blocks free. So a
 * crash at any point leaves the state before or the state after, and a snapshot shares every block that did not change.
 */

export const BLOCK_SIZE = 4096;
/** Largest block number that a pointer holds; the rest of a larger device stays unused. */
export const MAX_BLOCKS = 0xffff_ffff;
export const SUPERBLOCKS: readonly [number, number] = [1, 2];
/** The first block that is allocated; the ones before belong to the format. */
export const FIRST_FREE_BLOCK = 32;

/**
 * Blocks are handed out in groups of this many, 64 KiB, the smallest block of a thin pool: filling one group before the
 * next is begun makes the pool map, and break sharing of, as little as can be.
 */
export const GROUP_BLOCKS = 16;

export const RECORD_SIZE = 256;
export const RECORDS_PER_BLOCK: number = BLOCK_SIZE / RECORD_SIZE;
/** Where a record keeps its extents, or the content itself where that is short enough. */
export const RECORD_BODY = 56;
export const MAX_INLINE: number = RECORD_SIZE - RECORD_BODY;
export const EXTENT_SIZE = 12;
export const MAX_RECORD_EXTENTS: number = Math.floor(MAX_INLINE / EXTENT_SIZE);

/** A pointer: block number and checksum. */
export const POINTER_SIZE = 8;
export const POINTERS_PER_BLOCK: number = BLOCK_SIZE / POINTER_SIZE;
/** Where the superblock's pointers to inode map blocks begin. */
export const SUPERBLOCK_BODY = 64;
export const MAX_MAP_BLOCKS: number = (BLOCK_SIZE - SUPERBLOCK_BODY) / POINTER_SIZE;

/** The number of the root directory; 0 stands for no inode. */
export const ROOT_INODE = 1;
