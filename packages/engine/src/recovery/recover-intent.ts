import {
  DmError,
  type PoolStatus,
  RECOVERY_DOUBTS,
  type Recovery,
  type RecoveryFacts,
  recoveryOf,
  type ThinId,
  type TransactionId,
  transactionId,
} from '@dmthin/domain';
import type { Intent, LoadedRecords, VolumeRecord } from '@dmthin/ports';
import type { PoolDevice } from '../pool/pool-device.ts';
import type { RecoveryReport } from '../thin-pool.ts';
import { carryOut, type RecoveryPorts } from '../transaction/carry-out.ts';
import { shownId } from '../volume/volume-table.ts';

export type IntentReport = Pick<RecoveryReport, 'intent' | 'findings'>;

/**
 * Finds out what became of the last change, and does what recovery decides about it (domain, `recoveryOf`).
 * @throws DmError what the pool and the records throw; it can be run again, and decides anew.
 */
export async function recoverIntent(
  ports: RecoveryPorts,
  loaded: LoadedRecords,
  status: PoolStatus,
): Promise<IntentReport> {
  const intent = intentOf(loaded);
  if (intent === undefined || intent === 'unreadable') return report(recoveryOf(withoutIntent(intent)), 'none');
  const recovery = recoveryOf(await gatherFacts(ports, loaded, status, intent));
  if (recovery.kind === 'nothing' || recovery.kind === 'report') return report(recovery, 'complete');
  const outcome = await carryOut(ports, intent, recovery.steps);
  return { intent: recovery.kind === 'roll-back' ? 'rolled-back' : 'finished', findings: [told(recovery, outcome)] };
}

function report(recovery: Recovery, otherwise: 'none' | 'complete'): IntentReport {
  if (recovery.kind !== 'report') return { intent: otherwise, findings: [] };
  const { message, remedy } = RECOVERY_DOUBTS[recovery.reason];
  return { intent: 'reported', findings: [`${message}. ${remedy}`] };
}

/** The intent on disk; its record may have been set aside. */
function intentOf({ intent, broken }: LoadedRecords): RecoveryFacts['intent'] {
  if (intent !== undefined) return intent;
  return broken.some(({ name }) => name === INTENT_RECORD) ? 'unreadable' : undefined;
}
/** What the intent's record is called (docker-devicemapper.md 4). */
const INTENT_RECORD = 'transaction-metadata';

/** Without an intent that names something there is nothing to look up, so a pool that cannot be asked is well. */
function withoutIntent(intent: 'unreadable' | undefined): RecoveryFacts {
  const poolTransaction = transactionId(0n);
  return { poolTransaction, intent, record: undefined, thinIdsOfOthers: new Set(), isThinPresent: 'unknown' };
}

async function gatherFacts(
  { pool }: RecoveryPorts,
  loaded: LoadedRecords,
  status: PoolStatus,
  intent: Intent,
): Promise<RecoveryFacts> {
  const poolTransaction = pool.transactionIdIn(status);
  const isOfIntent = ({ volume }: VolumeRecord): boolean => volume === intent.volume;
  const thinIdsOfOthers = {
    has: (id: ThinId): boolean => loaded.volumes.some((record) => record.thinId === id && !isOfIntent(record)),
  };
  return {
    poolTransaction,
    intent,
    record: loaded.volumes.find(isOfIntent),
    thinIdsOfOthers,
    isThinPresent: await isPresent(pool, intent, poolTransaction),
  };
}

/** Asked only where it matters: the kernel logs a warning for it. */
async function isPresent(pool: PoolDevice, intent: Intent, current: TransactionId): Promise<boolean | 'unknown'> {
  if (intent.transactionId <= current) return 'unknown';
  try {
    return await pool.hasThin(intent.thinId);
  } catch (error) {
    if (DmError.is(error, 'READ_ONLY')) return 'unknown';
    throw error;
  }
}

function told(recovery: Exclude<Recovery, { kind: 'nothing' | 'report' }>, outcome: 'done' | 'left-to-worker'): string {
  const what = shownId(recovery.volume);
  if (outcome === 'left-to-worker')
    return `${what} was being made or deleted when the last process ended; it is in use, and deleted once it is not`;
  return recovery.kind === 'roll-back'
    ? `${what} was being made when the last process ended; what there was of it was taken back`
    : `${what} was being deleted when the last process ended; the rest of it was deleted`;
}
