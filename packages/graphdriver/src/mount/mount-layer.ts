import { DmError, devicePath, type FilesystemType, type VolumeId } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { growMounted } from '../layer/grow-filesystem.ts';
import { unknownLayer } from '../layer/unknown-layer.ts';
import { mountPointOf, rootfsOf } from '../layout/root-layout.ts';
import { prepareLayerRoot } from './layer-root.ts';
import { type MountedVolume, mountVolume, unmountVolume } from './mount-volume.ts';

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
      else if (context.counts.isFound(id)) await finishFound(context, id, signal);
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
  const prepared = prepareLayerRoot(context, id, mountPointOf(context.layout, id));
  if (!context.growth.has(id)) {
    await mountVolume(context, id, label, signal, prepared);
    return;
  }
  const mounted = await mountVolume(context, id, label, signal);
  await orUndo(makeReady(context, id, mounted, signal), () => unmountVolume(context, id));
}

/** What a process that died after its mount had not done yet. Others may use the mount, so that it stays where this fails. */
async function finishFound(context: DriverContext, id: VolumeId, signal: CancelSignal | undefined): Promise<void> {
  const target = mountPointOf(context.layout, id);
  const there = await context.ports.mounts.find(target);
  if (there === undefined) return;
  const device = devicePath(context.pool.get(id).deviceName);
  await makeReady(context, id, { device, target, type: there.type as FilesystemType }, signal);
  context.counts.settle(id);
}

async function makeReady(
  context: DriverContext,
  id: VolumeId,
  mounted: MountedVolume,
  signal: CancelSignal | undefined,
): Promise<void> {
  if (context.growth.has(id)) await growMounted(context, id, mounted, signal);
  for (const { make } of prepareLayerRoot(context, id, mounted.target)) await make();
}

function notMounted({ pool }: DriverContext, id: VolumeId): DmError {
  if (pool.find(id) === undefined) return unknownLayer(id);
  return new DmError('INVALID_ARGUMENT', `layer "${id}" is not mounted`, {
    operation: 'unmount',
    subject: id,
    remedy: 'Each unmount gives back one mount; there is none left.',
  });
}
