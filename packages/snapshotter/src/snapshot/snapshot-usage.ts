import { type Bytes, bytes } from '@dmthin/domain';
import type { SnapshotRecord } from '@dmthin/ports';
import { onEngine } from '../engine-fault.ts';
import type { SnapshotContext } from '../snapshot-context.ts';
import type { SnapshotUsage } from '../snapshotter.ts';
import { lostVolume } from './lost-volume.ts';
import { activateSnapshot } from './snapshot-mounts.ts';
import { volumeOfSnapshot } from './volume-names.ts';

/** See `Snapshotter.usage`. */
export async function usageOf(context: SnapshotContext, key: string): Promise<SnapshotUsage> {
  const record = context.table.get(key);
  const mapped = record.mapped ?? (await mappedNow(context, record));
  const below = record.parent === undefined ? 0n : (context.table.find(record.parent)?.mapped ?? 0n);
  return { size: bytes(mapped > below ? mapped - below : 0n) };
}

/** What the live device has mapped; it is made live where a restart of the machine took it. */
export async function mappedNow(context: SnapshotContext, record: SnapshotRecord): Promise<Bytes> {
  const { pool } = context.ports;
  const volume = volumeOfSnapshot(record.id);
  if (pool.find(volume) === undefined) throw lostVolume(record.name);
  const attempted = `read the usage of snapshot "${record.name}"`;
  const live = await onEngine(attempted, pool.usage(volume));
  if (live !== undefined) return live.mapped;
  await activateSnapshot(context, record);
  return (await onEngine(attempted, pool.usage(volume)))?.mapped ?? bytes(0);
}
