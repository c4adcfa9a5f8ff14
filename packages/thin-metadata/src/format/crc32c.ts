/** Castagnoli's polynomial, bits reflected. */
const POLYNOMIAL = 0x82f63b78;
const WORD = 8;
/** A run of zeros is skipped this many bytes at a time. */
const CHUNK = 64;

/** SLICES[k * 256 + b]: what byte `b` contributes when `k` more bytes follow it ("slicing by 8"). */
const SLICES: Int32Array = slices();
/** SKIPS[k * 256 + b]: what byte `k` of the register becomes after CHUNK zero bytes. */
const SKIPS: Int32Array = skips();

/**
 * The kernel's crc32c over bytes `begin` to `end`: starts from all ones and is *not* inverted at the end
 * (dm_bm_checksum before its XOR constant). Blocks of metadata are mostly zero, so zeros are skipped by table.
 */
export function crc32c(view: DataView, begin: number, end: number): number {
  let crc = -1;
  let at = begin;
  while (at < end && at % CHUNK !== 0) crc = byte(crc, view.getUint8(at++));
  for (; at + CHUNK <= end; at += CHUNK) crc = isZero(view, at) ? skip(crc) : words(crc, view, at, at + CHUNK);
  while (at < end) crc = byte(crc, view.getUint8(at++));
  return crc >>> 0;
}

function byte(crc: number, value: number): number {
  return (crc >>> 8) ^ (SLICES[(crc ^ value) & 255] as number);
}

function words(start: number, view: DataView, begin: number, end: number): number {
  let crc = start;
  for (let at = begin; at < end; at += WORD) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      (SLICES[1792 + (low & 255)] as number) ^
      (SLICES[1536 + ((low >>> 8) & 255)] as number) ^
      (SLICES[1280 + ((low >>> 16) & 255)] as number) ^
      (SLICES[1024 + (low >>> 24)] as number) ^
      (SLICES[768 + (high & 255)] as number) ^
      (SLICES[512 + ((high >>> 8) & 255)] as number) ^
      (SLICES[256 + ((high >>> 16) & 255)] as number) ^
      (SLICES[high >>> 24] as number);
  }
  return crc;
}

function isZero(view: DataView, begin: number): boolean {
  for (let at = begin; at < begin + CHUNK; at += 4) if (view.getInt32(at, true) !== 0) return false;
  return true;
}

function skip(crc: number): number {
  return (
    (SKIPS[crc & 255] as number) ^
    (SKIPS[256 + ((crc >>> 8) & 255)] as number) ^
    (SKIPS[512 + ((crc >>> 16) & 255)] as number) ^
    (SKIPS[768 + (crc >>> 24)] as number)
  );
}

function slices(): Int32Array {
  const table = new Int32Array(WORD * 256);
  for (let b = 0; b < 256; b++) {
    let crc = b;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    table[b] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const shorter = table[i - 256] as number;
    table[i] = (shorter >>> 8) ^ (table[shorter & 255] as number);
  }
  return table;
}

function skips(): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let i = 0; i < table.length; i++) {
    let crc = (i & 255) << (8 * (i >>> 8));
    for (let zero = 0; zero < CHUNK; zero++) crc = (crc >>> 8) ^ (SLICES[crc & 255] as number);
    table[i] = crc;
  }
  return table;
}
