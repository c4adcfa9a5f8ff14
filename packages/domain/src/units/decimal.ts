const LIMIT = 1n << 64n;

/** An unsigned number of 64 bits in plain decimal digits, as the kernel prints them; undefined for anything else. */
export function decimal(word: string | undefined): bigint | undefined {
  if (word === undefined || !/^\d{1,20}$/u.test(word)) return undefined;
  const value = BigInt(word);
  return value < LIMIT ? value : undefined;
}
