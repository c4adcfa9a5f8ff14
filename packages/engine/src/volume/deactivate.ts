import { DmError } from '@dmthin/domain';
import { type CancelSignal, on, type PortCall } from '@dmthin/ports';
import { attempting } from '../failure/failure.ts';
import { type PoolContext, pause } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';
import { type Patience, untilNotBusy } from '../wait/retry.ts';
import { shownId } from './volume-table.ts';

/** Docker's patience with a device that is open: 200 times 100 ms (docker-devicemapper.md 7.7). */
const ATTEMPTS = 200;
const PAUSE = 100;

/** See `ThinPool.deactivate` and `deactivateAfter`. */
export async function deactivateVolume(
  context: PoolContext,
  id: Volume['id'],
  calls: readonly PortCall[],
  signal?: CancelSignal,
): Promise<void> {
  const deferred = context.settings.deferredRemoval;
  let before = calls;
  let failure: { readonly error: unknown } | undefined;
  await untilNotBusy(closePatience(context, signal), () =>
    context.locks.run(
      [id],
      async () => {
        const volume = context.volumes.get(id);
        const removal = on(context.ports.kernel, () => takeAway(context, volume, deferred));
        const { done, error } = await context.inOrder([...before, removal]);
        if (done < before.length) {
          failure = { error };
          return;
        }
        before = [];
        if (error !== undefined) throw attempting(`deactivate ${shownId(id)}`, error, whoHasIt(error, volume));
      },
      signal,
    ),
  );
  if (failure !== undefined) throw failure.error;
}

/** As long as somebody may take to close a device. */
export function closePatience(context: PoolContext, signal: CancelSignal | undefined): Patience {
  return { attempts: ATTEMPTS, pause: () => pause(context, PAUSE, signal) };
}

/** Removes a volume's device; succeeds where it has none. @throws DmError BUSY: it is open, and not `deferred`. */
export async function takeAway({ ports: { kernel } }: PoolContext, volume: Volume, deferred: boolean): Promise<void> {
  try {
    await kernel.remove(volume.deviceName, { deferred });
  } catch (error) {
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
  }
}

/** What to do about a device that is open. */
export function whoHasIt(error: unknown, { deviceName }: Volume): string | undefined {
  if (!DmError.is(error, 'BUSY')) return undefined;
  return `Find who has it open (dmsetup info ${deviceName}; /proc/*/mountinfo), unmount it there, and try again.`;
}
