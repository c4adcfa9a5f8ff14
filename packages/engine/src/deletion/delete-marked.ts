import { DmError, type VolumeId } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { PoolContext } from '../pool/pool-context.ts';
import { deleteVolume } from '../volume/delete.ts';
import { lookAt } from '../volume/thin-device.ts';
import { shownId } from '../volume/volume-table.ts';
import { throwIfAborted } from '../wait/cancel-source.ts';

/** What became of a marked volume: gone, still in use, or not to be deleted now. */
export type MarkedOutcome = 'gone' | 'in-use' | 'failed';

/**
 * Tries to delete each of `ids`; one that fails keeps no other. Tells each outcome to `onOutcome`.
 * @throws DmError ABORTED: the signal fired; those before are deleted.
 */
export async function deleteMarked(
  context: PoolContext,
  ids: readonly VolumeId[],
  onOutcome: (id: VolumeId, outcome: MarkedOutcome) => void,
  signal?: CancelSignal,
): Promise<void> {
  for (const id of ids) {
    throwIfAborted(signal, 'deleting the marked volumes');
    onOutcome(id, await tryToDelete(context, id, signal));
  }
}

async function tryToDelete(
  context: PoolContext,
  id: VolumeId,
  signal: CancelSignal | undefined,
): Promise<MarkedOutcome> {
  try {
    const volume = context.volumes.find(id);
    if (volume === undefined) return 'gone';
    // Asked first: a delete that meets EBUSY costs a transaction, and its two commits.
    const state = await lookAt(context.ports.kernel, volume);
    if (state !== undefined && state.openCount > 0) return 'in-use';
    return (await deleteVolume(context, id, {}, signal)) === 'deleted' ? 'gone' : 'in-use';
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return 'gone';
    if (signal?.aborted === true) throw error;
    context.ports.log.write('warn', `${shownId(id)} is marked for deletion and could not be deleted`, {
      volume: id,
      error,
    });
    return 'failed';
  }
}
