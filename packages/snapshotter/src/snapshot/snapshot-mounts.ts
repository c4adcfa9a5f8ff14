import { DmError, devicePath, volumeMountWords } from '@dmthin/domain';
import type { CancelSignal, SnapshotRecord } from '@dmthin/ports';
import { onEngine } from '../engine-fault.ts';
import type { SnapshotContext } from '../snapshot-context.ts';
import type { SnapshotMount } from '../snapshotter.ts';
import { lostVolume } from './lost-volume.ts';
import { volumeOfSnapshot } from './volume-names.ts';

/** See `Snapshotter.mounts`. After a restart of the machine this is what makes the device live again. */
export async function mountsOf(
  context: SnapshotContext,
  key: string,
  signal: CancelSignal | undefined,
): Promise<readonly SnapshotMount[]> {
  return context.locks.run(
    [key],
    async () => {
      const record = context.table.get(key);
      if (record.kind === 'committed')
        throw new DmError('CONFLICT', `snapshot "${key}" is committed, and cannot be mounted`, {
          operation: 'mounts',
          subject: key,
          remedy: 'Prepare or view a snapshot of it, and mount that.',
        });
      await activateSnapshot(context, record, signal);
      return snapshotMounts(context, record);
    },
    signal,
  );
}

/** @throws DmError CORRUPT: its volume is lost. */
export async function activateSnapshot(
  { ports: { pool } }: SnapshotContext,
  { id, kind, name }: SnapshotRecord,
  signal?: CancelSignal,
): Promise<void> {
  const volume = volumeOfSnapshot(id);
  if (pool.find(volume) === undefined) throw lostVolume(name);
  await onEngine(`activate snapshot "${name}"`, pool.activate(volume, { readOnly: kind === 'view' }, signal));
}

/** The device's name is its volume's, which is there. */
export function snapshotMounts(
  { ports, settings }: SnapshotContext,
  { id, kind, filesystem }: SnapshotRecord,
): readonly SnapshotMount[] {
  const { deviceName } = ports.pool.get(volumeOfSnapshot(id));
  const options = volumeMountWords(filesystem, settings.mountOptions);
  return [
    { type: filesystem, source: devicePath(deviceName), options: kind === 'view' ? [...options, 'ro'] : options },
  ];
}
