import {
  DmError,
  isReaderDevice,
  type PoolStatus,
  ThinIdAllocator,
  type TransactionId,
  thinId,
  type VolumeId,
} from '@dmthin/domain';
import { type Intent, type KernelCapabilities, type LoadedRecords, oneAfterAnother } from '@dmthin/ports';
import { EngineThinPool } from './engine-thin-pool.ts';
import { attempting } from './failure/failure.ts';
import { FifoLock } from './lock/fifo-lock.ts';
import { KeyedLock } from './lock/keyed-lock.ts';
import { releaseLeftSnapshot } from './metadata/metadata-snapshot.ts';
import { type InspectedPool, inspectPool } from './pool/inspect-pool.ts';
import type { PoolContext } from './pool/pool-context.ts';
import { PoolDevice } from './pool/pool-device.ts';
import { refuseOtherPool } from './pool/pool-identity.ts';
import { mendDevices } from './recovery/mend-devices.ts';
import { type IntentReport, recoverIntent } from './recovery/recover-intent.ts';
import type { ThinPool, ThinPoolPorts, ThinPoolSettings } from './thin-pool.ts';
import { TransactionLog, type TransactionPorts } from './transaction/transaction-log.ts';
import { removeLeftReaders } from './volume/volume-reader.ts';
import { shownId, VolumeTable } from './volume/volume-table.ts';
import { Gate } from './wait/gate.ts';

/**
 * Opens the thin pool `settings.pool`, which has to be there: reads its state and the records, takes back or finishes what
 * an earlier process was in the middle of, and begins to delete what is marked. The ports stay the caller's to close.
 *
 * A pool that is read-only or failed is opened too, so that its volumes can be looked at; `recovery.findings` says so.
 * @throws DmError NOT_FOUND: no such device. INVALID_ARGUMENT: it is no thin-pool. CONFLICT: the records belong to
 * another pool. NOT_SUPPORTED: no deferred removal here. What the kernel and the records throw.
 */
export async function openThinPool(ports: ThinPoolPorts, settings: ThinPoolSettings): Promise<ThinPool> {
  const { kernel, records, log } = ports;
  refuseUndoable(kernel.capabilities, settings);
  const [inspected, loaded] = await Promise.all([
    inspectPool(kernel, settings.pool),
    settings.loaded ?? records.load(),
  ]);
  refuseOtherPool(loaded.identity, settings.identity, { name: settings.pool, blockSize: inspected.blockSize });
  if (loaded.identity === undefined && settings.identity !== undefined) await records.saveIdentity(settings.identity);

  const volumes = new VolumeTable(settings.devicePrefix);
  const ids = new ThinIdAllocator(thinId(loaded.pool?.lastThinId ?? 0));
  for (const record of loaded.volumes) {
    volumes.put(record);
    ids.claim(record.thinId);
  }
  const pool = new PoolDevice(kernel, settings.pool);
  const { inOrder = oneAfterAnother } = ports;
  const parts: TransactionPorts = { pool, records, ids, volumes, log, inOrder };
  const transactions = new TransactionLog(parts);
  const { intent, findings } = await recoverOrPutOff(parts, loaded, inspected.status, transactions);
  const context: PoolContext = {
    ports,
    settings,
    inOrder,
    pool,
    poolWord: inspected.word,
    opened: inspected,
    blockSize: inspected.blockSize,
    volumes,
    locks: new KeyedLock(),
    transactions,
    snapshotLock: new FifoLock(),
    gate: new Gate(`thin pool "${settings.pool}"`),
    contested: new Map(loaded.conflicts.map((conflict) => [conflict.thinId, conflict.volumes])),
  };
  const found = [
    ...inspected.findings,
    ...oddRecords(loaded, inspected),
    ...findings,
    ...(await mendDevices(kernel, volumes)),
    ...(await removeLeftReaders(kernel, (name) => isReaderDevice(settings.devicePrefix, name))),
    ...(await releaseLeftSnapshot(pool, inspected.status, settings.snapshotMarks)),
  ];
  for (const finding of found) log.write('warn', finding, { pool: settings.pool });
  return new EngineThinPool(context, ids, loaded.pool, { intent, findings: found });
}

function refuseUndoable({ deferredRemove }: KernelCapabilities, { deferredRemoval, pool }: ThinPoolSettings): void {
  if (!deferredRemoval || deferredRemove) return;
  throw new DmError('NOT_SUPPORTED', `cannot open thin pool "${pool}": this kernel has no deferred removal`, {
    operation: 'open',
    subject: pool,
    remedy: 'Open it with deferredRemoval: false (dm.use_deferred_removal=false), or use Linux 3.13 or later.',
  });
}

/** Recovery now, or where the pool takes no changes now, before the first change. */
async function recoverOrPutOff(
  parts: TransactionPorts,
  loaded: LoadedRecords,
  status: PoolStatus,
  transactions: TransactionLog,
): Promise<IntentReport> {
  try {
    return await recoverIntent(parts, loaded, status);
  } catch (error) {
    if (!DmError.is(error)) throw error;
    if (loaded.intent === undefined) return { intent: 'none', findings: [] };
    transactions.putOff(loaded.intent, async () => recoverIntent(parts, loaded, await parts.pool.status()));
    const { message } = attempting(`recover the last change (${shownId(loaded.intent.volume)})`, error);
    return { intent: 'put-off', findings: [`${message}; it is tried again before the next change`] };
  }
}

/** What the records show that a person should look at. */
function oddRecords(
  { broken, conflicts, volumes, intent }: LoadedRecords,
  { status }: InspectedPool,
): readonly string[] {
  return [
    ...broken.map(
      ({ name, reason, setAsideAs }) => `the record "${name}" cannot be read (${reason}); it is kept as ${setAsideAs}`,
    ),
    ...conflicts.map(
      ({ thinId: id, volumes: rivals }) =>
        `${rivals.map(shownId).join(' and ')} have one thin id, ${id}; none can be deleted`,
    ),
    ...ahead(volumes, intent, status),
  ];
}

function ahead(volumes: LoadedRecords['volumes'], intent: Intent | undefined, status: PoolStatus): readonly string[] {
  if (status.kind !== 'ok') return [];
  const isUnseen = (record: { transactionId: TransactionId; volume: VolumeId }): boolean =>
    record.transactionId > status.transactionId && record.volume !== intent?.volume;
  const count = volumes.filter(isUnseen).length;
  if (count === 0) return [];
  return [
    `${count} volumes were recorded by changes that this pool never saw; check that it is the right pool (dmthin check)`,
  ];
}
