import { DmError } from '../errors/dm-error.ts';

declare const unit: unique symbol;
type Unit<Name extends string> = bigint & { readonly [unit]: Name };

/** A count of 512-byte sectors, the kernel's unit for tables and devices. */
export type Sectors = Unit<'Sectors'>;
/** A count of bytes. */
export type Bytes = Unit<'Bytes'>;
/** A count of a pool's data blocks; how large one is, the pool says. */
export type DataBlocks = Unit<'DataBlocks'>;
/** A count of a pool's metadata blocks, 4096 bytes each. */
export type MetadataBlocks = Unit<'MetadataBlocks'>;

export const SECTOR_SIZE = 512n;
export const METADATA_BLOCK_SIZE = 4096n;

/** @throws DmError INVALID_ARGUMENT: negative, or not a whole number. */
export const sectors = (count: bigint | number): Sectors => whole(count, 'sectors') as Sectors;
/** @throws DmError INVALID_ARGUMENT: negative, or not a whole number. */
export const bytes = (count: bigint | number): Bytes => whole(count, 'bytes') as Bytes;
/** @throws DmError INVALID_ARGUMENT: negative, or not a whole number. */
export const dataBlocks = (count: bigint | number): DataBlocks => whole(count, 'data blocks') as DataBlocks;
/** @throws DmError INVALID_ARGUMENT: negative, or not a whole number. */
export const metadataBlocks = (count: bigint | number): MetadataBlocks =>
  whole(count, 'metadata blocks') as MetadataBlocks;

/** Whole sectors in `size`; a rest below one sector is dropped, as the driver does with `size / 512`. */
export const sectorsOf = (size: Bytes): Sectors => (size / SECTOR_SIZE) as Sectors;
export const bytesOf = (count: Sectors): Bytes => (count * SECTOR_SIZE) as Bytes;
export const metadataBytes = (count: MetadataBlocks): Bytes => (count * METADATA_BLOCK_SIZE) as Bytes;
export const dataBytes = (count: DataBlocks, blockSize: Sectors): Bytes => (count * blockSize * SECTOR_SIZE) as Bytes;

function whole(count: bigint | number, what: string): bigint {
  if (typeof count === 'number' && !Number.isSafeInteger(count))
    throw new DmError('INVALID_ARGUMENT', `${count} ${what}: not a whole number`);
  const value = BigInt(count);
  if (value < 0n) throw new DmError('INVALID_ARGUMENT', `${value} ${what}: a size cannot be negative`);
  return value;
}
