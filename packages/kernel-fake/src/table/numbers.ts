/**
 * Numbers in tables and messages, read as the kernel's sscanf and kstrto functions read them: by bits, with an overflow
 * that wraps around instead of failing (dm-kernel.md 8.4).
 */

const U64 = 1n << 64n;
// Words can hold white space where a backslash quoted it: sscanf skips it in front, kstrto takes one newline behind.
const SCANNED = /^[ \t\n\v\f\r\xa0]*(\d+)$/u;
const SIGNED = /^[ \t\n\v\f\r\xa0]*(-?\d+)$/u;
const PARSED = /^\+?(\d+)\n?$/u;

/** `sscanf("%llu%c")`: decimal digits and nothing else; beyond 64 bits it wraps. undefined: no number. */
export function scanUnsigned64(text: string): bigint | undefined {
  const digits = SCANNED.exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(digits) % U64;
}

/** `sscanf("%u%c")`: as above, with 32 bits. */
export function scanUnsigned32(text: string): number | undefined {
  const digits = SCANNED.exec(text)?.[1];
  return digits === undefined ? undefined : Number(BigInt(digits) & 0xffff_ffffn);
}

/** `sscanf("%d%c")`: with a minus or without; beyond 32 bits it wraps. */
export function scanSigned32(text: string): number | undefined {
  const digits = SIGNED.exec(text)?.[1];
  return digits === undefined ? undefined : Number(BigInt.asIntN(32, BigInt(digits)));
}

/** `kstrtoull(text, 10)`: decimal digits after an optional plus; too large is no number. */
export function parseUnsigned64(text: string): bigint | undefined {
  const digits = PARSED.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value < U64 ? value : undefined;
}

/** `kstrtouint(text, 10)` and `kstrtoul` where the result has to fit 32 bits. */
export function parseUnsigned32(text: string): number | undefined {
  const value = parseUnsigned64(text);
  return value !== undefined && value <= 0xffff_ffffn ? Number(value) : undefined;
}
