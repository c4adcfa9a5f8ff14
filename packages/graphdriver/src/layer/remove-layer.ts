import { DmError, type VolumeId } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { forget } from './create-layer.ts';

/** See `GraphDriver.remove`. */
export async function removeLayer(context: DriverContext, id: VolumeId, signal?: CancelSignal): Promise<void> {
  // One that is being received is not taken from under its stream.
  context.halves.claim(id)();
  await context.locks.run(
    [id],
    async () => {
      if (context.pool.find(id) === undefined) return;
      const users = context.counts.of(id);
      if (users > 0 && !context.deferral.deletion) throw stillMounted(id, users);
      const outcome = await context.pool.delete(id, {}, signal);
      if (outcome === 'deferred') return;
      await forget(context, id);
    },
    signal,
  );
}

function stillMounted(id: VolumeId, users: number): DmError {
  return new DmError('BUSY', `failed to remove device ${id}: it is mounted, ${users} time${users === 1 ? '' : 's'}`, {
    errno: 'EBUSY',
    operation: 'remove',
    subject: id,
    remedy: `Unmount it first (dmthin umount ${id}), or allow deferred deletion (dm.use_deferred_deletion=true).`,
  });
}
