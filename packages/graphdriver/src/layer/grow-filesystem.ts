import type { VolumeId } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { VolumeContext } from '../driver/driver-context.ts';
import { type MountedVolume, mountVolume, unmountVolume } from '../mount/mount-volume.ts';

/**
 * Grows the filesystem of a volume that is not mounted to the size of its device. The volume's lock is held; it is its
 * own mount point that is used, so that any number can grow at once.
 */
export async function growFilesystem(context: VolumeContext, id: VolumeId, signal?: CancelSignal): Promise<void> {
  const mounted = await mountVolume(context, id, undefined, signal);
  await orUndo(growMounted(context, id, mounted, signal), () => unmountVolume(context, id));
  await unmountVolume(context, id);
}

/** Grows the filesystem of a mounted volume, and notes that it is done. */
export async function growMounted(
  { ports, growth }: VolumeContext,
  id: VolumeId,
  { device, target, type }: MountedVolume,
  signal?: CancelSignal,
): Promise<void> {
  await ports.filesystems.grow(device, target, type, signal);
  await growth.remove(id);
}
