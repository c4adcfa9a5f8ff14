import { type Bytes, DmError } from '@dmthin/domain';
import type { CancelSignal, SnapshotRecord } from '@dmthin/ports';
import { onEngine } from '../engine-fault.ts';
import { FILESYSTEM_LABEL, keptLabels } from '../label/labels.ts';
import type { SnapshotContext } from '../snapshot-context.ts';
import type { CommitOptions } from '../snapshotter.ts';
import { checkedName } from './checked-name.ts';
import { activateSnapshot } from './snapshot-mounts.ts';
import { mappedNow } from './snapshot-usage.ts';
import { volumeOfSnapshot } from './volume-names.ts';

/** See `Snapshotter.commit`. It is committed with its record, which says what is mapped once all that was written is. */
export async function commitSnapshot(
  context: SnapshotContext,
  name: string,
  key: string,
  { labels = {}, parent }: CommitOptions,
  signal: CancelSignal | undefined,
): Promise<void> {
  const { ports, table, timestamps, locks } = context;
  checkedName(name);
  const kept = keptLabels(labels);
  await locks.run(
    [key, name],
    async () => {
      table.refuseTaken(name);
      const active = table.get(key);
      refuseCommit(active, parent);
      const mapped = await flushed(context, active, signal);
      const now = timestamps.now();
      const committed: SnapshotRecord = {
        ...active,
        kind: 'committed',
        name,
        labels: { ...kept, [FILESYSTEM_LABEL]: active.filesystem },
        createdAt: now,
        updatedAt: now,
        mapped,
      };
      await ports.records.save(committed);
      table.put(committed, key);
      deactivateLater(context, committed);
    },
    signal,
  );
}

/** @throws DmError CONFLICT, INVALID_ARGUMENT, NOT_SUPPORTED. */
function refuseCommit({ kind, name, parent: own }: SnapshotRecord, parent: string | undefined): void {
  if (kind !== 'active')
    throw new DmError('CONFLICT', `snapshot "${name}" is not active`, {
      operation: 'commit',
      subject: name,
      remedy: 'Commit what was prepared.',
    });
  if (parent === undefined || parent === own) return;
  if (own !== undefined)
    throw new DmError('INVALID_ARGUMENT', `cannot change parent of active snapshot "${name}" on commit`, {
      operation: 'commit',
      subject: name,
    });
  throw new DmError('NOT_SUPPORTED', `snapshot "${name}" was made without a parent and cannot get one`, {
    operation: 'commit',
    subject: name,
    remedy: 'Leave the capability "rebase" out of the plugin\'s configuration: a block device holds its whole content.',
  });
}

/** What it has mapped once all that its filesystem holds back is on its device. */
async function flushed(
  context: SnapshotContext,
  active: SnapshotRecord,
  signal: CancelSignal | undefined,
): Promise<Bytes> {
  await activateSnapshot(context, active, signal);
  await onEngine(`commit snapshot "${active.name}"`, context.ports.pool.flush(volumeOfSnapshot(active.id), signal));
  return mappedNow(context, active);
}

/** Nobody waits for it: somebody may still have it mounted, and whatever comes next takes it as it is. */
function deactivateLater({ ports: { pool, log }, gate }: SnapshotContext, { id, name }: SnapshotRecord): void {
  const leave = gate.enter();
  pool
    .deactivate(volumeOfSnapshot(id))
    .catch((error: unknown) => log.write('debug', `the device of committed snapshot "${name}" stays`, { error }))
    .finally(leave);
}
