import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';

/**
 * How a table names another device: a path, or `major:minor`.
 * @throws DmError INVALID_ARGUMENT: empty, or with blanks or a NUL, which would end the word; says which device it was for.
 */
export function deviceWord(value: string, what: string): string {
  if (value === '' || /[\s\0]/u.test(value))
    throw new DmError('INVALID_ARGUMENT', `${what} ${quoted(value)} cannot be named in a table: blanks end a word`);
  return value;
}
