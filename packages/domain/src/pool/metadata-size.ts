import { type Bytes, bytes, bytesOf, type DataBlocks, METADATA_BLOCK_SIZE, sectors } from '../units/units.ts';

/** THIN_METADATA_MAX_SECTORS: 255 bitmaps of 16,320 blocks of 4 KiB; the kernel leaves the rest of a larger device unused. */
export const MAX_METADATA_SIZE: Bytes = bytesOf(sectors(33_292_800));
/** The least that the kernel's document asks for. */
export const MIN_METADATA_SIZE: Bytes = bytes(2 * 1024 * 1024);
const BYTES_PER_DATA_BLOCK = 48n;

/**
 * How large a pool's metadata device should be for so many data blocks: 48 bytes for each, at least 2 MiB, at most what
 * the kernel can use (15.875 GiB), in whole metadata blocks. Many snapshots of much-written volumes need more.
 * Source: thin-provisioning.rst (dm-kernel.md 7).
 */
export function metadataSizeFor(blocks: DataBlocks): Bytes {
  const wanted = blocks * BYTES_PER_DATA_BLOCK;
  const whole = ((wanted + METADATA_BLOCK_SIZE - 1n) / METADATA_BLOCK_SIZE) * METADATA_BLOCK_SIZE;
  if (whole < MIN_METADATA_SIZE) return MIN_METADATA_SIZE;
  return whole > MAX_METADATA_SIZE ? MAX_METADATA_SIZE : bytes(whole);
}
