import { DmError, type VolumeId } from '@dmthin/domain';
import { withUndoError } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { growMounted } from '../layer/grow-filesystem.ts';
import { unknownLayer } from '../layer/unknown-layer.ts';
import { mountPointOf, rootfsOf } from '../layout/root-layout.ts';
import { prepareLayerRoot } from './layer-root.ts';
import { mountVolume, unmountVolume } from './mount-volume.ts';

/** See `GraphDriver.mount`. */
export async function mountLayer(
  context: DriverContext,
  id: VolumeId,
  label?: string,
  signal?: CancelSignal,
): Promise<string> {
  return context.locks.run(
    [id],
    async () => {
      if (context.counts.of(id) === 0) await mountFirst(context, id, label, signal);
      context.counts.add(id);
      return rootfsOf(context.layout, id);
    },
    signal,
  );
}

/** See `GraphDriver.unmount`. */
export async function unmountLayer(context: DriverContext, id: VolumeId): Promise<void> {
  await context.locks.run([id], async () => {
    if (context.counts.of(id) === 0) throw notMounted(context, id);
    if (context.counts.remove(id) === 0) await unmountLast(context, id);
  });
}

/** Where it stays mounted, it keeps the user that it was unmounted for, who may try again. */
async function unmountLast(context: DriverContext, id: VolumeId): Promise<void> {
  try {
    await unmountVolume(context, id);
  } catch (error) {
    const there = await context.ports.mounts.find(mountPointOf(context.layout, id));
    if (there !== undefined) context.counts.add(id);
    throw error;
  }
}

async function mountFirst(
  context: DriverContext,
  id: VolumeId,
  label: string | undefined,
  signal: CancelSignal | undefined,
): Promise<void> {
  if (context.pool.find(id) === undefined) throw unknownLayer(id);
  const mounted = await mountVolume(context, id, label, signal);
  try {
    if (context.growth.has(id)) await growMounted(context, id, mounted, signal);
    await prepareLayerRoot(context, id, mounted.target);
  } catch (error) {
    try {
      await unmountVolume(context, id);
    } catch (undoError) {
      throw withUndoError(error, undoError);
    }
    throw error;
  }
}

function notMounted({ pool }: DriverContext, id: VolumeId): DmError {
  if (pool.find(id) === undefined) return unknownLayer(id);
  return new DmError('INVALID_ARGUMENT', `layer "${id}" is not mounted`, {
    operation: 'unmount',
    subject: id,
    remedy: 'Each unmount gives back one mount; there is none left.',
  });
}
