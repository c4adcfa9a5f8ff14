import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { decimal } from '../units/decimal.ts';
import { type Sectors, sectors } from '../units/units.ts';

/** One line of a device's table: what serves which sectors. */
export interface TargetLine {
  readonly start: Sectors;
  readonly length: Sectors;
  /** `thin-pool`, `thin`, `linear`, `zero`, `error`, ... */
  readonly type: string;
  /** The target's own words, as it was given or prints them (a thin-pool prints a trailing space); empty where it has none. */
  readonly params: string;
}

/** A device's table: lines without gap or overlap, from sector 0. */
export type Table = readonly TargetLine[];

/** The last sector a table may reach to: the kernel counts bytes in a signed 64-bit number (dm-kernel.md 2.3). */
export const MAX_TABLE_LENGTH: Sectors = sectors((1n << 54n) - 1n);

/** The size of a device that has this table. */
export function tableLength(table: Table): Sectors {
  return sectors(table.reduce((sum, line) => sum + line.length, 0n));
}

/**
 * Reads one line of `dmsetup table`: `<start> <length> <type> <params>`. The params are kept to the letter.
 * @throws DmError INVALID_ARGUMENT: not such a line.
 */
export function parseTargetLine(text: string): TargetLine {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)(?:\s(.*))?$/su.exec(text);
  const [start, length] = [decimal(match?.[1]), decimal(match?.[2])];
  if (match === null || start === undefined || length === undefined)
    throw new DmError('INVALID_ARGUMENT', `${quoted(text)} is not a table line: <start> <length> <type> <params>`);
  return { start: sectors(start), length: sectors(length), type: match[3] ?? '', params: match[4] ?? '' };
}

export function formatTargetLine({ start, length, type, params }: TargetLine): string {
  return params === '' ? `${start} ${length} ${type}` : `${start} ${length} ${type} ${params}`;
}

/**
 * Reads a whole table, one target a line; lines that are blank or begin with `#` are passed over.
 * @throws DmError INVALID_ARGUMENT: a line is not one, or the lines do not make a table (`checkTable`).
 */
export function parseTable(text: string): Table {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/u.test(line));
  return checkTable(lines.map(parseTargetLine));
}

export function formatTable(table: Table): string {
  return table.map(formatTargetLine).join('\n');
}

/**
 * What the kernel asks of any table before it asks the targets (dm-kernel.md 2.3): from sector 0 on without gap or
 * overlap, no empty target, at most 2^54 - 1 sectors, and a thin-pool alone.
 * @throws DmError INVALID_ARGUMENT: it breaks one of these; says which and where.
 */
export function checkTable(table: Table): Table {
  let end = 0n;
  for (const line of table) {
    const fault = faultOf(line, end, table.length);
    if (fault !== undefined)
      throw new DmError('INVALID_ARGUMENT', `table line ${quoted(formatTargetLine(line))} ${fault}`);
    end += line.length;
  }
  return table;
}

function faultOf(line: TargetLine, end: bigint, lines: number): string | undefined {
  if (line.length === 0n) return 'is empty';
  if (line.start !== end) return `starts at ${line.start}, where ${end} is next`;
  if (line.start + line.length > MAX_TABLE_LENGTH) return `ends beyond sector ${MAX_TABLE_LENGTH}`;
  if (line.type === 'thin-pool' && lines > 1) return 'must be the only one of its table';
  return undefined;
}
