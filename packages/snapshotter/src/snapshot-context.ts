import type { Gate, KeyedLock } from '@dmthin/engine';
import type { SnapshotterPorts, SnapshotterSettings } from './ports.ts';
import type { Removals } from './removal/removals.ts';
import type { SnapshotTable } from './snapshot/snapshot-table.ts';
import type { Timestamps } from './time/timestamps.ts';

/** What the use cases of one open snapshotter share. */
export interface SnapshotContext {
  readonly ports: SnapshotterPorts;
  readonly settings: SnapshotterSettings;
  readonly table: SnapshotTable;
  readonly removals: Removals;
  readonly timestamps: Timestamps;
  /** One lock a name: its being there, and what is done with its volume. */
  readonly locks: KeyedLock;
  /** One lock a base volume, around its making. */
  readonly baseLocks: KeyedLock;
  readonly gate: Gate;
}

/** What bases need. */
export type BaseContext = Pick<SnapshotContext, 'ports' | 'settings' | 'baseLocks'>;
