import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { decimal } from '../units/decimal.ts';
import { type Sectors, sectors } from '../units/units.ts';
import { deviceWord } from './device-word.ts';
import { checkTable, type Table } from './table.ts';

/** A `linear` target's own words: a stretch of another device. */
export interface LinearTarget {
  /** Path or `major:minor`. */
  readonly device: string;
  /** Where on that device it begins. */
  readonly offset: Sectors;
}

/** Reads `<device> <offset>` (dm-kernel.md 2.3). @throws DmError INVALID_ARGUMENT: not a linear's words. */
export function parseLinearTarget(params: string): LinearTarget {
  const [device = '', offset, ...rest] = params.trim().split(/\s+/u);
  const value = decimal(offset);
  if (value === undefined || rest.length > 0)
    throw new DmError('INVALID_ARGUMENT', `linear table ${quoted(params)}: not <device> <offset>`);
  return { device: deviceWord(device, 'device'), offset: sectors(value) };
}

export function formatLinearTarget({ device, offset }: LinearTarget): string {
  return `${deviceWord(device, 'device')} ${offset}`;
}

/** A device that is a stretch of another. @throws DmError INVALID_ARGUMENT: empty or over-long. */
export function linearTable({ size, ...target }: LinearTarget & { readonly size: Sectors }): Table {
  return checkTable([{ start: sectors(0), length: size, type: 'linear', params: formatLinearTarget(target) }]);
}

/** A device that reads as zeros and forgets what is written. @throws DmError INVALID_ARGUMENT: empty or over-long. */
export function zeroTable(size: Sectors): Table {
  return checkTable([{ start: sectors(0), length: size, type: 'zero', params: '' }]);
}

/** A device on which all I/O fails with EIO. @throws DmError INVALID_ARGUMENT: empty or over-long. */
export function errorTable(size: Sectors): Table {
  return checkTable([{ start: sectors(0), length: size, type: 'error', params: '' }]);
}
