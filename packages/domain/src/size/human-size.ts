import type { Bytes } from '../units/units.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const DIGITS = 4;
/** No double of 1 to 1000 has more binary, and so decimal, places than this. */
const EXACT_PLACES = 52;

/**
 * A size for people, as Docker prints it (`units.HumanSize`): powers of 1000, four significant digits, no space;
 * `65.54kB`, `10.74GB`, `107.4GB`, `0B`.
 */
export function humanSize(size: Bytes): string {
  let value = Number(size);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${significant(value)}${UNITS[unit]}`;
}

/**
 * Go's `%.4g` for 0 to 1000. JavaScript's toPrecision rounds a tie up, Go to even (10,125 bytes are `10.12kB`), so the
 * double's exact decimal is rounded here.
 */
function significant(value: number): string {
  const [whole = '0', fraction = ''] = value.toFixed(EXACT_PLACES).split('.');
  const places = DIGITS - whole.length;
  if (places <= 0) return whole;
  const unit = 10n ** BigInt(EXACT_PLACES - places);
  const exact = BigInt(whole + fraction);
  const [quotient, rest] = [exact / unit, (exact % unit) * 2n];
  const isUp = rest > unit || (rest === unit && quotient % 2n === 1n);
  const digits = (quotient + (isUp ? 1n : 0n)).toString().padStart(places + 1, '0');
  const shown = `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return shown.replace(/\.?0+$/u, '');
}
