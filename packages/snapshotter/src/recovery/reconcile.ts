import type { VolumeId } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import { isBaseVolume, snapshotOfVolume } from '../snapshot/volume-names.ts';

/** What is on record when a root is opened. */
export interface RecordedState {
  readonly snapshots: readonly { readonly id: number; readonly name: string }[];
  /** Of snapshots whose records cannot be read. */
  readonly broken: readonly { readonly id: number }[];
  readonly volumes: readonly Pick<Volume, 'id' | 'isInitialized' | 'isDeleted'>[];
}

export interface Reconciliation {
  /** Of snapshots that were being made or removed when a process died: to be deleted. */
  readonly leftover: readonly VolumeId[];
  /** Bases whose filesystem was not whole yet: to be deleted. */
  readonly unfinished: readonly VolumeId[];
  /** Names of snapshots without a volume: their content is gone. */
  readonly lost: readonly string[];
  /** Volumes that are no snapshot's and no base: somebody else's, so they stay. */
  readonly strange: readonly VolumeId[];
  /** Ids from here on were never given out. */
  readonly lastId: number;
}

/**
 * Compares snapshots with volumes. A volume is made before its snapshot's record and deleted after it, so that a volume
 * without one is of a change that was cut off and never answered; only one whose record cannot be read is kept. Those that
 * are marked for deletion are the engine's to delete.
 */
export function reconcile({ snapshots, broken, volumes }: RecordedState): Reconciliation {
  const known = new Set([...snapshots, ...broken].map(({ id }) => id));
  const there = new Set<number>();
  const leftover: VolumeId[] = [];
  const unfinished: VolumeId[] = [];
  const strange: VolumeId[] = [];
  for (const { id, isInitialized, isDeleted } of volumes) {
    const snapshot = snapshotOfVolume(id);
    if (snapshot !== undefined) there.add(snapshot);
    if (isDeleted) continue;
    if (snapshot !== undefined) {
      if (!known.has(snapshot)) leftover.push(id);
    } else if (!isBaseVolume(id)) strange.push(id);
    else if (!isInitialized) unfinished.push(id);
  }
  const lost = snapshots.filter(({ id }) => !there.has(id)).map(({ name }) => name);
  let lastId = 0;
  for (const id of [...known, ...there]) lastId = Math.max(lastId, id);
  return { leftover, unfinished, lost, strange, lastId };
}
