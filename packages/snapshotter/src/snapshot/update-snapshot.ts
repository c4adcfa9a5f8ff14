import type { SnapshotRecord } from '@dmthin/ports';
import { type Labels, updatedLabels } from '../label/labels.ts';
import type { SnapshotContext } from '../snapshot-context.ts';

/** See `Snapshotter.update`. */
export async function updateSnapshot(
  { ports, table, timestamps, locks }: SnapshotContext,
  name: string,
  labels: Labels,
  fields: readonly string[],
): Promise<SnapshotRecord> {
  return locks.run([name], async () => {
    const present = table.get(name);
    const updated: SnapshotRecord = {
      ...present,
      labels: updatedLabels(present.labels, labels, fields, name),
      updatedAt: timestamps.after(present.updatedAt),
    };
    await ports.records.save(updated);
    table.put(updated);
    return updated;
  });
}
