import { type DeviceName, DmError, type Table } from '@dmthin/domain';
import {
  type CancelSignal,
  type DeviceInfo,
  type InOrderOutcome,
  type KernelCommand,
  on,
  type PortCall,
} from '@dmthin/ports';
import { asDmError, attempting, withUndoError } from '../failure/failure.ts';
import { type PoolContext, pause } from '../pool/pool-context.ts';
import type { ActivateOptions, Volume } from '../thin-pool.ts';
import { untilNotBusy } from '../wait/retry.ts';
import { cancelDeferredRemoval, compareTables, lookAt, switchTo, tableOf } from './thin-device.ts';
import { shownId } from './volume-table.ts';

/** Docker's patience with a device that the kernel is removing: 100 times 100 ms (docker-devicemapper.md 7.8). */
const ATTEMPTS = 100;
const PAUSE = 100;

/** What came of `ThinPool.activateAnd`. */
export interface ActiveVolume {
  readonly deviceName: DeviceName;
  readonly outcome: InOrderOutcome;
}

/** See `ThinPool.activate` and `activateAnd`. */
export async function activateVolume(
  context: PoolContext,
  id: Volume['id'],
  calls: readonly PortCall[],
  options: ActivateOptions,
  signal?: CancelSignal,
): Promise<ActiveVolume> {
  return untilNotBusy({ attempts: ATTEMPTS, pause: () => pause(context, PAUSE, signal) }, () =>
    context.locks.run(
      [id],
      async () => {
        const volume = context.volumes.getUsable(id, `activate ${shownId(id)}`);
        if (options.readOnly !== true) await context.settings.beforeChange?.(volume);
        const { done, error } = await makeLive(context, volume, calls, options).catch((error: unknown) => {
          throw attempting(`activate ${shownId(id)}`, error, remedyOf(error));
        });
        return { deviceName: volume.deviceName, outcome: { done, error } };
      },
      signal,
    ),
  );
}

/**
 * Makes a volume's device live, or sees that it is and is the right one; then makes `calls`, and gives their outcome. `isNew`:
 * the device was made just now. The volume's lock is held.
 * @throws DmError BUSY: a removal of the device is under way; it can be tried again.
 */
export async function makeLive(
  context: PoolContext,
  volume: Volume,
  calls: readonly PortCall[] = [],
  options: ActivateOptions = {},
): Promise<InOrderOutcome & { readonly isNew: boolean }> {
  const { deviceName: device } = volume;
  const table = tableOf(context, volume);
  const commands: readonly KernelCommand[] = [{ command: 'create', device }, ...switchTo(device, table, options)];
  const activation = on(context.ports.kernel, (kernel) => kernel.sequence(commands));
  const { done, error } = await context.inOrder([activation, ...calls]);
  if (done > 0) return { done: done - 1, error, isNew: true };
  if (DmError.is(error, 'ALREADY_EXISTS')) {
    await adopt(context, volume, table, options);
    return { ...(await context.inOrder(calls)), isNew: false };
  }
  if (DmError.is(error) && error.operation === 'create') throw error;
  throw await withoutHalfMade(context, volume, error);
}

/** Takes over a device that has the volume's name: left by an earlier process, or about to go by a deferred removal. */
async function adopt(context: PoolContext, volume: Volume, table: Table, options: ActivateOptions): Promise<void> {
  const { kernel } = context.ports;
  const info = await lookAt(kernel, volume);
  if (info === undefined || (info.isDeferredRemove && !(await cancelDeferredRemoval(kernel, volume))))
    throw new DmError('BUSY', 'its device went just now', { operation: 'activate', subject: volume.deviceName });
  if (!info.hasLiveTable) {
    await kernel.sequence(switchTo(volume.deviceName, table, options)).catch(async (error: unknown) => {
      throw await withoutHalfMade(context, volume, error);
    });
    return;
  }
  const likeness = compareTables(await kernel.table(volume.deviceName), table);
  if (likeness === 'same' && info.isReadOnly === (options.readOnly ?? false)) return wake(context, info);
  if (likeness === 'another' && info.openCount > 0) throw notOurs(volume);
  await reload(context, volume, table, options);
}

/** A suspended device was left so by a snapshot that was cut off. What lies in its inactive slot is nobody's any more. */
async function wake(
  { ports: { kernel } }: PoolContext,
  { name, isSuspended, hasInactiveTable }: DeviceInfo,
): Promise<void> {
  if (hasInactiveTable) await kernel.clear(name);
  if (isSuspended) await kernel.resume(name);
}

/** Gives a live device another table; where that fails it keeps the one it has. */
export async function reload(
  { ports: { kernel } }: PoolContext,
  { deviceName }: Volume,
  table: Table,
  options: ActivateOptions = {},
): Promise<void> {
  try {
    await kernel.sequence(switchTo(deviceName, table, options));
  } catch (error) {
    try {
      // A resume that failed leaves the device suspended, with its old table (dm-kernel.md 2.2).
      await kernel.sequence([
        { command: 'clear', device: deviceName },
        { command: 'resume', device: deviceName },
      ]);
    } catch (undoError) {
      throw withUndoError(error, undoError);
    }
    throw error;
  }
}

/** Removes the device whose making failed, so that the name is free; gives the error it failed with. */
async function withoutHalfMade(context: PoolContext, { deviceName }: Volume, error: unknown): Promise<DmError> {
  try {
    await context.ports.kernel.remove(deviceName);
  } catch (undoError) {
    if (!DmError.is(undoError, 'NOT_FOUND')) return withUndoError(error, undoError);
  }
  return asDmError(error);
}

/** What has the volume's name and is not its device. */
export function notOurs({ deviceName, thinId }: Volume): DmError {
  return new DmError('CONFLICT', `device "${deviceName}" is in use, and is not thin device ${thinId} of this pool`, {
    subject: deviceName,
    remedy: `See what it is (dmsetup table ${deviceName}) and who has it open, and remove it.`,
  });
}

function remedyOf(error: unknown): string | undefined {
  if (!DmError.is(error, 'NO_DATA')) return undefined;
  return 'The pool does not have the thin device of its record: is it the right pool? Delete the volume if it is.';
}
