import { DmError } from '../errors/dm-error.ts';
import { decimal } from '../units/decimal.ts';

/** Reads an unsigned number of 64 bits. @throws DmError INVALID_ARGUMENT: not one; with the text of Go's strconv.ParseUint. */
export function parseUnsigned(text: string): bigint {
  const value = decimal(text.replace(/^0+(?=\d)/u, ''));
  if (value !== undefined) return value;
  const fault = /^\d+$/u.test(text) ? 'value out of range' : 'invalid syntax';
  throw new DmError('INVALID_ARGUMENT', `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${fault}`, {
    remedy: 'Write a whole number, 0 or more.',
  });
}
