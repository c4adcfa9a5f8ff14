import { DmError } from '../errors/dm-error.ts';
import { parseUnsigned } from './unsigned.ts';

declare const brand: unique symbol;
/** A whole number of hundredths, 0 to 100. */
export type Percent = number & { readonly [brand]: 'Percent' };

/** @throws DmError INVALID_ARGUMENT: not a whole number of 0 to 100. */
export function percent(value: number): Percent {
  if (!Number.isInteger(value) || value < 0 || value > 100)
    throw new DmError('INVALID_ARGUMENT', `${value} is not a percentage of 0 to 100`);
  return value as Percent;
}

/**
 * Reads an unsigned whole number with a `%` after it or none, as `dm.thinp_percent` takes it.
 * @throws DmError INVALID_ARGUMENT: not such a number (Go's text), or over 100.
 */
export function parsePercent(text: string): Percent {
  return percent(Number(parseUnsigned(text.endsWith('%') ? text.slice(0, -1) : text)));
}
