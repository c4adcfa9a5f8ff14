import { BASE_VOLUME, type Bytes, layerSize, parseLayerOptions, type VolumeId, volumeId } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { smallFilesOf } from '../file/node-small-files.ts';
import type { CreateLayerOptions } from '../graph-driver.ts';
import { growFilesystem } from './grow-filesystem.ts';
import { takenId } from './taken-id.ts';
import { unknownLayer } from './unknown-layer.ts';

/** See `GraphDriver.create`. `isFilled`: it is marked as one that is still to get its content. */
export async function createLayer(
  context: DriverContext,
  id: VolumeId,
  { parent, storageOptions = {} }: CreateLayerOptions,
  signal?: CancelSignal,
  { isFilled = false }: { readonly isFilled?: boolean } = {},
): Promise<void> {
  const origin = parent === undefined || parent === '' ? BASE_VOLUME : volumeId(parent);
  const options = parseLayerOptions(storageOptions);
  await context.locks.run(
    [id],
    async () => {
      const source = context.pool.find(origin);
      if (source === undefined) throw unknownLayer(origin);
      const known = context.pool.find(id);
      if (known !== undefined) throw takenId(known);
      const size = layerSize(options, source.size);
      if (isFilled) await context.filling.add(id, { lasting: true });
      const mustGrow = size > source.size || context.growth.has(origin);
      if (!mustGrow) return snapshot(context, id, origin, size, signal);
      await createLarger(context, id, origin, size, signal);
    },
    signal,
  );
}

/** The mark is there before the device is: whatever cuts this off, the next mount finishes the growth. */
async function createLarger(
  context: DriverContext,
  id: VolumeId,
  origin: VolumeId,
  size: Bytes,
  signal: CancelSignal | undefined,
): Promise<void> {
  await context.growth.add(id);
  await snapshot(context, id, origin, size, signal);
  await orUndo(growFilesystem(context, id, signal), async () => {
    await context.pool.delete(id, { sync: true });
    await forget(context, id);
  });
}

async function snapshot(
  context: DriverContext,
  id: VolumeId,
  origin: VolumeId,
  size: Bytes,
  signal: CancelSignal | undefined,
): Promise<void> {
  const hasMark = origin !== BASE_VOLUME;
  // What is noted of a layer that went while it could not be taken away.
  if (hasMark) await context.lineage.forget(id);
  // Before the volume: a mark without a volume is dropped at the next start, a volume without a mark is an orphan.
  const before = hasMark ? [context.lineage.recording(smallFilesOf(context.ports), id, origin)] : [];
  await orUndo(context.pool.snapshot(id, origin, size, signal, before), () => forgetUnmade(context, id));
}

/** After a making that failed: drops what was noted for it, unless the volume is there all the same. */
export async function forgetUnmade(context: DriverContext, id: VolumeId): Promise<void> {
  if (context.pool.find(id) === undefined) await forget(context, id);
}

/** Drops what is noted of a layer that is gone. */
export async function forget(context: DriverContext, id: VolumeId): Promise<void> {
  await context.growth.remove(id);
  await context.lineage.forget(id);
  if (context.filling.has(id)) await context.filling.remove(id);
  await context.identities.forget(id);
  await context.halves.end(id);
}
