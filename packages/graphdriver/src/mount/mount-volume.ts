import { mkdir, rmdir } from 'node:fs/promises';
import {
  BASE_VOLUME,
  DmError,
  devicePath,
  type FilesystemType,
  sameDevice,
  type VolumeId,
  volumeMountWords,
} from '@dmthin/domain';
import { attempting, withUndoError } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { VolumeContext } from '../driver/driver-context.ts';
import { errnoOf, fileError } from '../file/file-error.ts';
import { mountPointOf } from '../layout/root-layout.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/** A mounted volume. */
export interface MountedVolume {
  readonly device: string;
  readonly target: string;
  readonly type: FilesystemType;
}

/**
 * Activates a volume and mounts it on its mount point. The volume's lock is held.
 * Where it fails, neither a device nor a directory is left (docker-devicemapper.md 12.1, defect 20).
 */
export async function mountVolume(
  context: VolumeContext,
  id: VolumeId,
  label?: string,
  signal?: CancelSignal,
): Promise<MountedVolume> {
  const device = devicePath(await context.pool.activate(id, {}, signal));
  const target = mountPointOf(context.layout, id === BASE_VOLUME ? (BASE_MOUNT as VolumeId) : id);
  try {
    await makeMountPoint(target);
    const type = await mountDevice(context, device, target, label);
    await setRetries(context, { device, target, type });
    return { device, target, type };
  } catch (error) {
    const failure = attempting(`mount layer "${id}"`, error, 'Look at the kernel log for what the filesystem says.');
    try {
      await rmdir(target).catch(() => undefined);
      await context.pool.deactivate(id);
    } catch (undoError) {
      throw withUndoError(failure, undoError);
    }
    throw failure;
  }
}
/** No layer can be called so. */
const BASE_MOUNT = 'base';

/**
 * Unmounts a volume and takes its device away. Somebody may have unmounted it by hand; then the rest is done.
 * @throws DmError NO_SPACE, IO: what was written last could not be kept; it is unmounted all the same.
 * @throws DmError BUSY: its device is open elsewhere, and removal is not deferred.
 */
export async function unmountVolume(context: VolumeContext, id: VolumeId): Promise<void> {
  const target = mountPointOf(context.layout, id === BASE_VOLUME ? (BASE_MOUNT as VolumeId) : id);
  const lost = await unmountTarget(context, target);
  // A mount that leaked into another mount namespace goes with its mount point (Linux 3.18; docker-devicemapper.md 7.7).
  await removeMountPoint(context, target);
  try {
    await context.pool.deactivate(id);
  } catch (error) {
    if (!DmError.is(error, 'NOT_FOUND')) throw lost === undefined ? error : withUndoError(lost, error);
  }
  if (lost !== undefined) throw attempting(`keep all that was written to layer "${id}"`, lost);
}

async function unmountTarget({ ports }: VolumeContext, target: string): Promise<DmError | undefined> {
  try {
    await ports.mounts.unmount(target, { lazy: true });
    return undefined;
  } catch (error) {
    if (DmError.is(error, 'INVALID_ARGUMENT', 'NOT_FOUND')) return undefined;
    if (DmError.is(error, 'NO_SPACE', 'IO')) return error;
    throw error;
  }
}

async function mountDevice(
  { ports, options, pool }: VolumeContext,
  device: string,
  target: string,
  label: string | undefined,
): Promise<FilesystemType> {
  const mount = async (type: FilesystemType): Promise<FilesystemType> => {
    const words = volumeMountWords(type, options.mountOptions, label);
    await ports.mounts.mount({ source: device, target, type, options: words });
    return type;
  };
  const recorded = pool.poolRecord.baseFilesystem;
  try {
    return await mount(isMountable(recorded) ? recorded : await probeType(ports, device));
  } catch (error) {
    if (DmError.is(error, 'BUSY') && (await isMountedThere(ports, device, target))) return recorded as FilesystemType;
    if (!DmError.is(error, 'INVALID_ARGUMENT') || !isMountable(recorded)) throw error;
    // Not what every layer of this root should hold; what it holds says more than EINVAL.
    const found = await probeType(ports, device);
    if (found === recorded) throw error;
    return mount(found);
  }
}

async function probeType({ filesystems }: VolumeContext['ports'], device: string): Promise<FilesystemType> {
  const found = await filesystems.probe(device);
  if (found !== undefined && isMountable(found.type)) return found.type;
  throw new DmError('CORRUPT', `devmapper: Unknown filesystem type on ${device}${found ? `: ${found.type}` : ''}`, {
    operation: 'probe',
    subject: device,
    remedy: 'Its content is damaged, or not a layer; check it (fsck), or remove the layer.',
  });
}

const isMountable = (type: string): type is FilesystemType => type === 'ext4' || type === 'xfs';

async function isMountedThere(
  { mounts, blockDevices }: VolumeContext['ports'],
  device: string,
  target: string,
): Promise<boolean> {
  const [there, number] = await Promise.all([mounts.find(target), blockDevices.identify(device)]);
  return there !== undefined && sameDevice(there.number, number);
}

async function setRetries({ ports, options }: VolumeContext, { device, target, type }: MountedVolume): Promise<void> {
  if (type !== 'xfs' || options.xfsNospaceMaxRetries === undefined) return;
  try {
    await ports.filesystems.setNoSpaceRetries(device, options.xfsNospaceMaxRetries);
  } catch (error) {
    const failure = attempting('set dm.xfs_nospace_max_retries', error, 'Leave out the option on this kernel.');
    await ports.mounts.unmount(target, { lazy: true }).catch((undoError: unknown) => {
      throw withUndoError(failure, undoError);
    });
    throw failure;
  }
}

async function makeMountPoint(target: string): Promise<void> {
  try {
    await mkdir(target, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw fileError(error, 'make mount point', rawPathOfText(target));
  }
}

async function removeMountPoint({ ports }: VolumeContext, target: string): Promise<void> {
  try {
    await rmdir(target);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT')
      ports.log.write('warn', `mount point ${target} stays: it cannot be removed`, { error });
  }
}
