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
import { type CancelSignal, on, type PortCall, type SmallFiles } from '@dmthin/ports';
import type { VolumeContext } from '../driver/driver-context.ts';
import { smallFilesOf } from '../file/node-small-files.ts';
import { mountPointOf } from '../layout/root-layout.ts';

/** A mounted volume. */
export interface MountedVolume {
  readonly device: string;
  readonly target: string;
  readonly type: FilesystemType;
}

/**
 * Activates a volume, mounts it on its mount point, and makes `ready`, all in one go where the ports can. The volume's lock
 * is held. Where it fails, neither a device nor a directory is left (docker-devicemapper.md 12.1, defect 20).
 */
export async function mountVolume(
  context: VolumeContext,
  id: VolumeId,
  label?: string,
  signal?: CancelSignal,
  ready: readonly PortCall[] = [],
): Promise<MountedVolume> {
  const { ports, pool, layout } = context;
  const target = mountPointOf(layout, id === BASE_VOLUME ? (BASE_MOUNT as VolumeId) : id);
  const device = devicePath(pool.get(id).deviceName);
  const files = smallFilesOf(ports);
  const mounted: { type?: FilesystemType } = {};
  const calls = [
    on(files, () => files.ensureDirectory(target, { mode: 0o755 })),
    on(ports.mounts, async () => {
      mounted.type = await mountDevice(context, device, target, label);
      await setRetries(context, { device, target, type: mounted.type });
    }),
  ];
  const { outcome } = await pool.activateAnd(id, [...calls, ...ready], {}, signal);
  if (mounted.type !== undefined && outcome.error === undefined) return { device, target, type: mounted.type };
  throw await withoutMount(context, id, target, outcome.error, outcome.done >= calls.length);
}

/** Takes back what there is of a mount that failed; gives the error it failed with. */
async function withoutMount(
  context: VolumeContext,
  id: VolumeId,
  target: string,
  error: unknown,
  isMounted: boolean,
): Promise<unknown> {
  const failure = isMounted
    ? error
    : attempting(`mount layer "${id}"`, error, 'Look at the kernel log for what the filesystem says.');
  try {
    if (isMounted) await unmountVolume(context, id);
    else {
      const files = smallFilesOf(context.ports);
      await files.removeDirectory(target).catch(() => undefined);
      await context.pool.deactivate(id);
    }
    return failure;
  } catch (undoError) {
    return withUndoError(failure, undoError);
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
  const { ports, pool } = context;
  const files = smallFilesOf(ports);
  const unmounted: { lost?: DmError | undefined } = {};
  const calls = [
    on(ports.mounts, async () => {
      unmounted.lost = await unmountTarget(context, target);
    }),
    // A mount that leaked into another mount namespace goes with its mount point (Linux 3.18; docker-devicemapper.md 7.7).
    on(files, () => removeMountPoint(context, files, target)),
  ];
  try {
    await pool.deactivateAfter(id, calls);
  } catch (error) {
    if (!DmError.is(error, 'NOT_FOUND'))
      throw unmounted.lost === undefined ? error : withUndoError(unmounted.lost, error);
  }
  if (unmounted.lost !== undefined) throw attempting(`keep all that was written to layer "${id}"`, unmounted.lost);
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

async function removeMountPoint({ ports }: VolumeContext, files: SmallFiles, target: string): Promise<void> {
  try {
    await files.removeDirectory(target);
  } catch (error) {
    ports.log.write('warn', `mount point ${target} stays: it cannot be removed`, { error });
  }
}
