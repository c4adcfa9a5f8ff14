/** Bytes of a mapping's value: (data block << 24) | time. */
export const MAPPING_SIZE = 8;

/** The lower half of a mapping. A time over 24 bits runs into the block, as it does in the kernel (pack_block_time). */
export function mappingLow(dataBlock: number, time: number): number {
  return (((dataBlock & 0xff) << 24) | time) >>> 0;
}

/** The upper half of a mapping. */
export function mappingHigh(dataBlock: number): number {
  return Math.floor(dataBlock / 256);
}

export function dataBlockAt(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 256 + view.getUint8(offset + 3);
}

/** The pool's time when the mapping was made. */
export function timeAt(view: DataView, offset: number): number {
  return view.getUint32(offset, true) & 0xff_ffff;
}
