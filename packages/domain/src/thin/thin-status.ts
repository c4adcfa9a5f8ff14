import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { decimal } from '../units/decimal.ts';
import { type Sectors, sectors } from '../units/units.ts';

/** A thin device's status line, read (dm-kernel.md 4.2). */
export type ThinStatus =
  | {
      readonly kind: 'ok';
      /** Sectors of all mapped blocks; whole blocks, so it can exceed the device's length. */
      readonly mapped: Sectors;
      /** The last sector of the highest mapped block; undefined where nothing is mapped. */
      readonly highest: Sectors | undefined;
    }
  /** Its pool is in Fail mode. */
  | { readonly kind: 'fail' }
  /** The counters could not be read. */
  | { readonly kind: 'error' }
  /** A lone `-`: the target has no thin device open. */
  | { readonly kind: 'not-open' };

/** @throws DmError CORRUPT: not a thin device's status. */
export function parseThinStatus(text: string): ThinStatus {
  const trimmed = text.trim();
  if (trimmed === 'Fail') return { kind: 'fail' };
  if (trimmed === 'Error') return { kind: 'error' };
  if (trimmed === '-') return { kind: 'not-open' };
  const [first, second, ...rest] = trimmed.split(/\s+/u);
  const mapped = decimal(first);
  const highest = second === '-' ? undefined : decimal(second);
  if (mapped === undefined || rest.length > 0 || (highest === undefined && second !== '-'))
    throw new DmError('CORRUPT', `${quoted(text)} is not the status of a thin device`, { operation: 'status' });
  return { kind: 'ok', mapped: sectors(mapped), highest: highest === undefined ? undefined : sectors(highest) };
}

/** The status as the kernel prints it. */
export function formatThinStatus(status: ThinStatus): string {
  switch (status.kind) {
    case 'fail':
      return 'Fail';
    case 'error':
      return 'Error';
    case 'not-open':
      return '-';
    case 'ok':
      return `${status.mapped} ${status.highest ?? '-'}`;
  }
}
