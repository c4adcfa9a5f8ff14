import { DmError } from '@dmthin/domain';
import type { Records } from '@dmthin/ports';
import type { Volume } from '../thin-pool.ts';
import { recordOf, type VolumeTable } from '../volume/volume-table.ts';

/**
 * Marks a volume as deleted, so that nobody uses it any more and the worker deletes it; gives it as it is then.
 * @throws DmError what the records throw. After IO it may be marked on disk or not: in memory it is, so that nobody goes on
 * using what the next opening deletes.
 */
export async function markDeleted(
  { records, volumes }: { readonly records: Records; readonly volumes: VolumeTable },
  volume: Volume,
): Promise<Volume> {
  // Saved even where it is marked: an earlier mark may have come as far as memory only.
  const record = { ...recordOf(volume), isDeleted: true };
  try {
    await records.saveVolume(record);
  } catch (error) {
    if (DmError.is(error, 'IO')) volumes.put(record);
    throw error;
  }
  return volumes.put(record);
}
