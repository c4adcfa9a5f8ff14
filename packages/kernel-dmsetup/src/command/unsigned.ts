import { DmError } from '@dmthin/domain';

/** @throws DmError INVALID_ARGUMENT: not an unsigned number of 64 bits; dmsetup would read another one. */
export function unsigned64(value: bigint, what: string): string {
  if (value < 0n || value >= 1n << 64n) throw new DmError('INVALID_ARGUMENT', `${what} cannot be ${value}`);
  return String(value);
}
