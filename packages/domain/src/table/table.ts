import { type Sectors, sectors } from '../units/units.ts';

/** One line of a device's table: what serves which sectors. */
export interface TargetLine {
  readonly start: Sectors;
  readonly length: Sectors;
  /** `thin-pool`, `thin`, `linear`, `zero`, `error`, ... */
  readonly type: string;
  /** The target's own words; empty where it has none. */
  readonly params: string;
}

/** A device's table: lines without gap or overlap, from sector 0. */
export type Table = readonly TargetLine[];

/** The size of a device that has this table. */
export function tableLength(table: Table): Sectors {
  return sectors(table.reduce((sum, line) => sum + line.length, 0n));
}
