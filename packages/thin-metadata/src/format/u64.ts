/** 2^32: the weight of the upper half of a little-endian 64-bit field. */
const HIGH = 0x1_0000_0000;

/**
 * The unsigned 64-bit little-endian field at `offset`, as a number. Every such field of dm-thin that is not damaged is
 * far below 2^53 (a device's bytes fit a signed 64-bit offset); a damaged one comes out rounded, and out of range.
 */
export function getU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * HIGH + view.getUint32(offset, true);
}

/** Writes a whole number below 2^53. */
export function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / HIGH), true);
}
