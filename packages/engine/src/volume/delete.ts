import { DmError, type VolumeId } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { DeleteOptions, Volume } from '../thin-pool.ts';
import { markDeleted } from '../transaction/mark-deleted.ts';
import { throwIfAborted } from '../wait/cancel-source.ts';
import { untilNotBusy } from '../wait/retry.ts';
import { makeLive } from './activate.ts';
import { closePatience, takeAway, whoHasIt } from './deactivate.ts';
import { lookAt } from './thin-device.ts';
import { shownId } from './volume-table.ts';

/** See `ThinPool.delete`. */
export async function deleteVolume(
  context: PoolContext,
  id: VolumeId,
  { sync = false }: DeleteOptions,
  signal?: CancelSignal,
): Promise<'deleted' | 'deferred'> {
  const once = (): Promise<'deleted' | 'deferred'> =>
    context.locks.run([id], () => deleteOnce(context, id, sync, signal), signal);
  // Who neither defers nor asks for an answer at once waits for the device to be closed, as Docker does.
  return sync || context.settings.deferredDeletion ? once() : untilNotBusy(closePatience(context, signal), once);
}

async function deleteOnce(
  context: PoolContext,
  id: VolumeId,
  sync: boolean,
  signal: CancelSignal | undefined,
): Promise<'deleted' | 'deferred'> {
  const { deferredDeletion, deferredRemoval } = context.settings;
  const mayDefer = deferredDeletion && !sync;
  const volume = context.volumes.get(id);
  refuseContested(context, volume);
  throwIfAborted(signal, `deleting ${shownId(id)}`);
  try {
    await giveBlocksBack(context, volume, signal);
    if (context.settings.beforeDelete === undefined) {
      // Most volumes have no device by now, and one that has one is told by the pool: BUSY.
      const outcome = await context.transactions.unmake(id, { mark: false }, signal).catch(unlessBusy);
      if (outcome !== undefined) return 'deleted';
    }
    await takeAway(context, volume, mayDefer && deferredRemoval).catch((error: unknown) => {
      if (!mayDefer || !DmError.is(error, 'BUSY')) throw error;
    });
    const outcome = await context.transactions.unmake(id, { mark: mayDefer }, signal);
    return outcome === 'marked' ? 'deferred' : 'deleted';
  } catch (error) {
    throw attempting(`delete ${shownId(id)}`, error, whoHasIt(error, volume));
  }
}

/**
 * Lets the caller discard the volume's blocks. It is marked as deleted first, and that lasts: a crash in the middle must
 * not leave a volume in use whose content is gone (docker-devicemapper.md 12.1, defect 5). Docker's fork holds its one
 * transaction open over the discard instead; here every other volume would have to wait for it.
 */
async function giveBlocksBack(context: PoolContext, volume: Volume, signal: CancelSignal | undefined): Promise<void> {
  const { settings, ports, volumes } = context;
  if (settings.beforeDelete === undefined) return;
  try {
    const { isNew } = await makeLive(context, volume);
    const state = isNew ? undefined : await lookAt(ports.kernel, volume);
    // Nobody has a device open that was made just now.
    if (!isNew && (state === undefined || state.openCount > 0)) return;
    const marked = await markDeleted({ records: ports.records, volumes }, volume);
    await settings.beforeDelete(marked, signal);
  } catch (error) {
    // It is marked: who tries again gives the rest back, where going on would leave it to the file under the pool.
    if (signal?.aborted === true) throw error;
    ports.log.write('warn', `the blocks of ${shownId(volume.id)} could not be given back before it is deleted`, {
      error,
    });
  }
}

function refuseContested({ contested }: PoolContext, { id, thinId }: Volume): void {
  const others = contested.get(thinId);
  if (others === undefined) return;
  throw new DmError(
    'CONFLICT',
    `cannot delete ${shownId(id)}: the records of ${others.map(shownId).join(', ')} all name thin id ${thinId}`,
    {
      operation: 'delete',
      subject: id,
      remedy: 'Find out which record is right (dmthin check), move the others away, and open the pool again.',
    },
  );
}

function unlessBusy(error: unknown): undefined {
  if (!DmError.is(error, 'BUSY')) throw error;
}
