import { DmError, formatTargetLine, type Table, type TargetLine } from '@dmthin/domain';
import { unsigned64 } from './unsigned.ts';

/** DM_MAX_TYPE_NAME less the closing NUL. dmsetup reads the type into a buffer without looking at its length. */
const MAX_TYPE_BYTES = 15;

/**
 * A table as dmsetup reads it from its standard input, so that the kernel gets the words it would get from an ioctl.
 * @throws DmError INVALID_ARGUMENT: a type or parameters that would make other lines of it. NOT_SUPPORTED: what
 * dmsetup has no way to say: a `#`, which begins a comment, and a blank within a word.
 */
export function tableText(table: Table): string {
  return table.map((line) => `${formatTargetLine(sayable(line))}\n`).join('');
}

function sayable(line: TargetLine): TargetLine {
  const { start, length, type, params } = line;
  unsigned64(start, 'the start of a target');
  unsigned64(length, 'the length of a target');
  if (type === '' || /[\s\0]/u.test(type) || Buffer.byteLength(type) > MAX_TYPE_BYTES)
    throw malformed(line, `the type is not 1 to ${MAX_TYPE_BYTES} bytes without blanks`);
  if (/[\n\0]/u.test(params)) throw malformed(line, 'the parameters have a line end or a NUL in them');
  if (params.includes('#')) throw unsayable(line, 'to dmsetup, # begins a comment');
  return { start, length, type, params: unquoted(line) };
}

/**
 * The kernel takes a backslash for a quote of what follows it, and libdm doubles each, so that they are ordinary
 * characters there (dm-kernel.md 6.1).
 */
function unquoted(line: TargetLine): string {
  return line.params.replace(/\\(.)/gu, (_, quotedCharacter: string) => {
    if (/\s/u.test(quotedCharacter)) throw unsayable(line, 'dmsetup cannot put a blank within a word');
    return quotedCharacter;
  });
}

function malformed(line: TargetLine, fault: string): DmError {
  return new DmError('INVALID_ARGUMENT', `table line ${JSON.stringify(formatTargetLine(line))}: ${fault}`, {
    operation: 'load',
  });
}

function unsayable(line: TargetLine, fault: string): DmError {
  return new DmError('NOT_SUPPORTED', `table line ${JSON.stringify(formatTargetLine(line))}: ${fault}`, {
    operation: 'load',
    remedy: 'Name the device by its number (major:minor), or use the ioctl kernel.',
  });
}
