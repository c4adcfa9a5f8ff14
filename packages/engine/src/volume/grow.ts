import { type Bytes, DmError, type VolumeId } from '@dmthin/domain';
import type { CancelSignal, VolumeRecord } from '@dmthin/ports';
import { during, orUndo } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';
import { throwIfAborted } from '../wait/cancel-source.ts';
import { notOurs, reload } from './activate.ts';
import { refuseSize } from './create.ts';
import { compareTables, lookAt, tableOf } from './thin-device.ts';
import { recordOf, shownId } from './volume-table.ts';

/** See `ThinPool.grow`. */
export async function growVolume(
  context: PoolContext,
  id: VolumeId,
  size: Bytes,
  signal?: CancelSignal,
): Promise<Volume> {
  const attempted = `grow ${shownId(id)}`;
  return context.locks.run(
    [id],
    async () => {
      const volume = context.volumes.getUsable(id, attempted);
      refuseSize(context, size, attempted);
      if (size < volume.size)
        throw new DmError('INVALID_ARGUMENT', `cannot ${attempted}: ${size} bytes are less than its ${volume.size}`, {
          subject: id,
          remedy: 'A volume can only grow; make a new one to have it smaller.',
        });
      throwIfAborted(signal, attempted);
      return during(attempted, size === volume.size ? fitDevice(context, volume) : growNow(context, volume, size));
    },
    signal,
  );
}

/** The record first: a device may never be larger than what its volume is known to be when it is activated again. */
async function growNow(context: PoolContext, volume: Volume, size: Bytes): Promise<Volume> {
  await context.settings.beforeChange?.(volume);
  const grown = await replaceRecord(context, { ...recordOf(volume), size });
  return orUndo(fitDevice(context, grown), () => replaceRecord(context, recordOf(volume)));
}

/** Gives a live device the size of its volume; it has another where growing was cut off. */
async function fitDevice(context: PoolContext, volume: Volume): Promise<Volume> {
  const { kernel } = context.ports;
  const state = await lookAt(kernel, volume);
  if (state?.hasLiveTable !== true) return volume;
  const table = tableOf(context, volume);
  const likeness = compareTables(await kernel.table(volume.deviceName), table);
  if (likeness === 'another') throw notOurs(volume);
  if (likeness === 'other-size') await reload(context, volume, table);
  return volume;
}

/** See `ThinPool.markInitialized`. */
export async function markInitialized(context: PoolContext, id: VolumeId): Promise<void> {
  const attempted = `mark ${shownId(id)} as initialized`;
  await context.locks.run([id], async () => {
    const volume = context.volumes.getUsable(id, attempted);
    if (volume.isInitialized) return;
    await during(attempted, replaceRecord(context, { ...recordOf(volume), isInitialized: true }));
  });
}

async function replaceRecord({ ports, volumes }: PoolContext, record: VolumeRecord): Promise<Volume> {
  await ports.records.saveVolume(record);
  return volumes.put(record);
}
