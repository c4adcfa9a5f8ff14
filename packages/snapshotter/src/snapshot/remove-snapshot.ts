import type { CancelSignal } from '@dmthin/ports';
import type { SnapshotContext } from '../snapshot-context.ts';
import { volumeOfSnapshot } from './volume-names.ts';

/**
 * See `Snapshotter.remove`. The record goes first: a volume without one is deleted by whoever finds it, and a record without
 * a volume would be a snapshot that is lost.
 */
export async function removeSnapshot(
  context: SnapshotContext,
  key: string,
  signal: CancelSignal | undefined,
): Promise<void> {
  const { ports, table, removals, settings, locks } = context;
  await locks.run(
    [key],
    async () => {
      const record = table.get(key);
      table.leave(key);
      const volume = volumeOfSnapshot(record.id);
      try {
        // Who does not allow deferring is told of a mount while the snapshot is still there.
        if (!settings.deferral.deletion && ports.pool.find(volume) !== undefined)
          await ports.pool.deactivate(volume, signal);
        await ports.records.remove(record.id);
      } catch (error) {
        table.stay(key);
        throw error;
      }
      table.remove(record);
      removals.add(volume);
      if (!settings.deferral.deletion) await removals.settle();
    },
    signal,
  );
}
