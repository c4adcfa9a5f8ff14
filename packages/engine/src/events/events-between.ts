import type { DataBlocks, MetadataBlocks } from '@dmthin/domain';
import type { PoolEvent } from '../thin-pool.ts';

/** What of a pool an event can change (dm-kernel.md 3.6). */
export interface PoolState {
  /** `rw`, `ro`, `out_of_data_space`, `Fail`, `Error`. */
  readonly mode: string;
  /** Free blocks, where they are at their low water mark or below. */
  readonly lowData: DataBlocks | undefined;
  readonly lowMetadata: MetadataBlocks | undefined;
}

/** What happened between two states of a pool; falling to a low water mark is told once, until it is left again. */
export function eventsBetween(before: PoolState, after: PoolState): readonly PoolEvent[] {
  const events: PoolEvent[] = [];
  if (before.mode !== after.mode) events.push({ kind: 'mode', from: before.mode, to: after.mode });
  if (before.lowData === undefined && after.lowData !== undefined)
    events.push({ kind: 'low-data', free: after.lowData });
  if (before.lowMetadata === undefined && after.lowMetadata !== undefined)
    events.push({ kind: 'low-metadata', free: after.lowMetadata });
  return events;
}
