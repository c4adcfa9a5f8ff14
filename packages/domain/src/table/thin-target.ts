import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { type ThinId, thinId } from '../thin/thin-id.ts';
import { decimal } from '../units/decimal.ts';
import { type Sectors, sectors } from '../units/units.ts';
import { deviceWord } from './device-word.ts';
import { checkTable, type Table } from './table.ts';

/** A `thin` target's own words. */
export interface ThinTarget {
  /** The pool's node, or `major:minor`. */
  readonly pool: string;
  readonly thinId: ThinId;
  /** What unmapped blocks are read from, read-only; undefined: they are zeros. */
  readonly origin?: string | undefined;
}

/**
 * Reads `<pool> <thin id> [<external origin>]` (dm-kernel.md 4.1).
 * @throws DmError READ_ONLY: the word is `Fail`, which a thin prints whose pool has failed. INVALID_ARGUMENT: not a thin's words.
 */
export function parseThinTarget(params: string): ThinTarget {
  const words = params.trim().split(/\s+/u);
  if (words.length === 1 && words[0] === 'Fail')
    throw new DmError('READ_ONLY', 'the thin device has no table to show: its pool is in Fail mode', {
      operation: 'table',
      remedy: 'Remove and make the pool again; it comes back as of its last commit.',
    });
  const [pool = '', id, origin, ...rest] = words;
  const value = decimal(id);
  if (value === undefined || rest.length > 0)
    throw new DmError('INVALID_ARGUMENT', `thin table ${quoted(params)}: not <pool> <thin id> [<external origin>]`);
  return checkThin({ pool, thinId: thinId(Number(value)), origin });
}

export function formatThinTarget(target: ThinTarget): string {
  const { pool, thinId: id, origin } = checkThin(target);
  return origin === undefined ? `${pool} ${id}` : `${pool} ${id} ${origin}`;
}

export interface ThinTable extends ThinTarget {
  /** Of the thin device; the pool does not keep it. */
  readonly size: Sectors;
}

/** The table of a thin device. @throws DmError INVALID_ARGUMENT: an empty or over-long device, a pool that is its own origin. */
export function thinTable({ size, ...target }: ThinTable): Table {
  return checkTable([{ start: sectors(0), length: size, type: 'thin', params: formatThinTarget(target) }]);
}

function checkThin(target: ThinTarget): ThinTarget {
  deviceWord(target.pool, 'pool');
  if (target.origin !== undefined) deviceWord(target.origin, 'external origin');
  if (target.origin === target.pool)
    throw new DmError('INVALID_ARGUMENT', `${quoted(target.pool)} cannot be both the pool and the external origin`);
  return target;
}
