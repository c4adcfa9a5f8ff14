import { DmError } from '../errors/dm-error.ts';

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Reads a truth value in the spellings of Go's strconv.ParseBool. @throws DmError INVALID_ARGUMENT: any other; Go's text. */
export function parseBool(text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new DmError('INVALID_ARGUMENT', `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`, {
    remedy: 'Write true or false.',
  });
}
