import { type Bytes, DmError, devicePath, type FilesystemType, type VolumeId } from '@dmthin/domain';
import { type Volume, withUndoError } from '@dmthin/engine';
import type { CancelSignal, SnapshotRecord } from '@dmthin/ports';
import { ensureBase } from '../base/base-volume.ts';
import { onEngine } from '../engine-fault.ts';
import { FILESYSTEM_LABEL, keptLabels, type Labels, maxSizeOf } from '../label/labels.ts';
import { whileMounted } from '../mount/while-mounted.ts';
import type { SnapshotContext } from '../snapshot-context.ts';
import type { SnapshotMount } from '../snapshotter.ts';
import { checkedName } from './checked-name.ts';
import { lostVolume } from './lost-volume.ts';
import { snapshotMounts } from './snapshot-mounts.ts';
import { volumeOfSnapshot } from './volume-names.ts';

/** What is to be made. */
export interface Wanted {
  readonly kind: 'active' | 'view';
  readonly key: string;
  readonly parent: string | undefined;
  readonly labels: Labels;
}

/** See `Snapshotter.prepare` and `view`. Its volume comes first, its record last: what has none was never made. */
export async function makeSnapshot(
  context: SnapshotContext,
  wanted: Wanted,
  signal: CancelSignal | undefined,
): Promise<readonly SnapshotMount[]> {
  const { table, locks } = context;
  const { key, parent } = wanted;
  checkedName(key);
  const labels = keptLabels(wanted.labels);
  const maxSize = wanted.kind === 'view' ? undefined : maxSizeOf(labels);
  return locks.run(
    [key],
    async () => {
      const held = parent === undefined ? undefined : table.hold(parent);
      try {
        table.refuseTaken(key);
        const origin = await originOf(context, held, maxSize, signal);
        return await makeFrom(context, { ...wanted, labels }, origin, signal);
      } catch (error) {
        if (parent !== undefined) table.release(parent);
        throw error;
      }
    },
    signal,
  );
}

/** What a snapshot is a copy of. */
interface Origin {
  readonly origin: Volume;
  readonly filesystem: FilesystemType;
  /** How large it may become, where that is said. */
  readonly maxSize: Bytes | undefined;
}

/** @throws DmError CORRUPT: the parent's volume is lost. INVALID_ARGUMENT: it is larger than the snapshot may be. */
async function originOf(
  context: SnapshotContext,
  parent: SnapshotRecord | undefined,
  maxSize: Bytes | undefined,
  signal: CancelSignal | undefined,
): Promise<Origin> {
  const { ports, settings } = context;
  if (parent === undefined) {
    const filesystem = settings.filesystem ?? 'ext4';
    const origin = await ensureBase(context, filesystem, maxSize ?? settings.baseSize, signal);
    return { origin, filesystem, maxSize };
  }
  const origin = ports.pool.find(volumeOfSnapshot(parent.id));
  if (origin === undefined) throw lostVolume(parent.name);
  if (maxSize !== undefined && maxSize < origin.size)
    throw new DmError(
      'INVALID_ARGUMENT',
      `a snapshot of at most ${maxSize} bytes cannot be made from "${parent.name}"`,
      {
        operation: 'prepare',
        subject: parent.name,
        remedy: `It has ${origin.size} bytes, and a filesystem only grows: allow as many, or unpack images with a smaller dm.basesize.`,
      },
    );
  return { origin, filesystem: parent.filesystem, maxSize };
}

async function makeFrom(
  context: SnapshotContext,
  { kind, key, parent, labels }: Wanted,
  { origin, filesystem, maxSize }: Origin,
  signal: CancelSignal | undefined,
): Promise<readonly SnapshotMount[]> {
  const { ports, table, timestamps } = context;
  const id = table.newId();
  const volume = volumeOfSnapshot(id);
  const attempted = `make snapshot "${key}"`;
  try {
    await onEngine(attempted, copyOrigin(context, volume, origin, maxSize, signal));
    await onEngine(attempted, makeReady(context, volume, { kind, origin, filesystem, maxSize }, signal));
    const now = timestamps.now();
    const record: SnapshotRecord = {
      id,
      kind,
      name: key,
      parent,
      labels: { ...labels, [FILESYSTEM_LABEL]: filesystem },
      createdAt: now,
      updatedAt: now,
      filesystem,
      mapped: undefined,
    };
    await ports.records.save(record);
    table.put(record);
    return snapshotMounts(context, record);
  } catch (error) {
    throw await withoutVolume(context, volume, error);
  }
}

/** Where the pool is full, what removals have not deleted yet makes room. */
async function copyOrigin(
  { ports: { pool }, removals }: SnapshotContext,
  volume: VolumeId,
  origin: Volume,
  size: Bytes | undefined,
  signal: CancelSignal | undefined,
): Promise<void> {
  const copy = (): Promise<unknown> => pool.snapshot(volume, origin.id, size, signal);
  await copy().catch(async (error: unknown) => {
    if (!DmError.is(error, 'NO_SPACE') || removals.size === 0) throw error;
    await removals.settle();
    await copy();
  });
}

/**
 * Makes the device live, its filesystem as large as it is, and a view's device so that it takes no writes. A copy of a
 * filesystem in use has to replay its journal, which such a device does not let it: so that is done first. xfs keeps its
 * log dirty even where it is frozen.
 */
async function makeReady(
  context: SnapshotContext,
  volume: VolumeId,
  { kind, origin, filesystem, maxSize }: Origin & { readonly kind: Wanted['kind'] },
  signal: CancelSignal | undefined,
): Promise<void> {
  const { pool, filesystems } = context.ports;
  const isView = kind === 'view';
  const replays = isView && (await pool.usage(origin.id)) !== undefined;
  const grows = maxSize !== undefined && maxSize > origin.size;
  const device = devicePath(await pool.activate(volume, { readOnly: isView && !replays }, signal));
  if (replays || grows)
    await whileMounted(context, volume, { device, type: filesystem }, async (target) => {
      if (grows) await filesystems.grow(device, target, filesystem, signal);
    });
  if (replays) await pool.activate(volume, { readOnly: true }, signal);
}

/** Undoes what was made; what cannot be undone now is tried again with the removals. */
async function withoutVolume({ ports, removals }: SnapshotContext, volume: VolumeId, error: unknown): Promise<unknown> {
  if (ports.pool.find(volume) === undefined) return error;
  try {
    await ports.pool.delete(volume, { sync: true });
    return error;
  } catch (undoError) {
    removals.add(volume);
    return withUndoError(error, undoError);
  }
}
