import { DmError } from '../errors/dm-error.ts';
import { type Bytes, bytes } from '../units/units.ts';

const LETTERS = ['k', 'm', 'g', 't', 'p'];
/** Docker holds a size in a signed 64-bit number. */
const MAX_SIZE = (1n << 63n) - 1n;

/**
 * Reads a size as Docker does (`units.RAMInBytes`): a decimal number, one space or none, and a suffix of `b`, or of
 * `k m g t p` with `b` or `ib` after it, in any case; `10G`, `10gb`, `10 GiB`, `1.5t`, `1024`. All are powers of 1024; what
 * is below a byte is dropped. Exact where Docker's floating point is not (beyond 2^53).
 * @throws DmError INVALID_ARGUMENT: with Docker's texts `invalid size: '...'` and `invalid suffix: '...'`.
 */
export function parseSize(text: string): Bytes {
  const end = lastOf(text, '0123456789. ');
  const digits = text.slice(0, end).replace(/ $/u, '');
  const number = /^(\d*)(?:\.(\d*))?$/u.exec(digits);
  const [whole = '', fraction = ''] = number?.slice(1) ?? [];
  if (number === null || whole + fraction === '') throw malformed(`invalid size: '${text}'`);
  const scaled = (BigInt(whole + fraction) * multiplierOf(text.slice(end))) / 10n ** BigInt(fraction.length);
  if (scaled > MAX_SIZE) throw malformed(`invalid size: '${text}'`);
  return bytes(scaled);
}

/** The place after the last of `characters` in `text`; 0 where there is none. */
function lastOf(text: string, characters: string): number {
  let end = text.length;
  while (end > 0 && !characters.includes(text.charAt(end - 1))) end -= 1;
  return end;
}

function multiplierOf(suffix: string): bigint {
  const lower = suffix.toLowerCase();
  if (lower === '' || lower === 'b') return 1n;
  const power = LETTERS.indexOf(lower.charAt(0)) + 1;
  if (power === 0 || !['', 'b', 'ib'].includes(lower.slice(1))) throw malformed(`invalid suffix: '${lower}'`);
  return 1024n ** BigInt(power);
}

function malformed(text: string): DmError {
  return new DmError('INVALID_ARGUMENT', text, {
    remedy: 'Write a size as 10G, 512M, 1.5T or a number of bytes; K, M, G, T and P are powers of 1024.',
  });
}
