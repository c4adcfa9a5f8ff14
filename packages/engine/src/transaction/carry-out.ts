import { bytes, DmError, type RecoveryStep, type ThinIdAllocator } from '@dmthin/domain';
import type { Intent, Records } from '@dmthin/ports';
import type { PoolDevice } from '../pool/pool-device.ts';
import { recordOf, type VolumeTable } from '../volume/volume-table.ts';

export interface RecoveryPorts {
  readonly pool: PoolDevice;
  readonly records: Records;
  readonly ids: ThinIdAllocator;
  readonly volumes: VolumeTable;
}

/**
 * Does what recovery decided for the change that `intent` announced; stops at the first step that fails.
 * `left-to-worker`: the thin device is in use; its volume is marked as deleted instead, for the deletion worker.
 */
export async function carryOut(
  ports: RecoveryPorts,
  intent: Intent,
  steps: readonly RecoveryStep[],
): Promise<'done' | 'left-to-worker'> {
  const { records, volumes, ids } = ports;
  for (const step of steps)
    switch (step.step) {
      case 'delete-thin':
        if (await isDeleted(ports.pool, step.thinId)) break;
        await leaveToWorker(ports, { ...intent, thinId: step.thinId });
        await records.removeIntent();
        return 'left-to-worker';
      case 'remove-record':
        await records.removeVolume(intent.volume);
        volumes.remove(intent.volume);
        break;
      case 'free-id':
        ids.free(step.thinId);
        break;
      case 'remove-intent':
        await records.removeIntent();
        break;
    }
  return 'done';
}

/** False: a table uses it. */
async function isDeleted(pool: PoolDevice, id: Intent['thinId']): Promise<boolean> {
  try {
    await pool.deleteThin(id);
    return true;
  } catch (error) {
    if (DmError.is(error, 'NO_DATA')) return true;
    if (DmError.is(error, 'BUSY')) return false;
    throw error;
  }
}

async function leaveToWorker({ records, volumes, ids }: RecoveryPorts, intent: Intent): Promise<void> {
  const known = volumes.find(intent.volume);
  // Where it had no record, its size is not known, and nobody needs it any more.
  const record = known === undefined ? { ...intent, size: bytes(0), isInitialized: false } : recordOf(known);
  const marked = { ...record, thinId: intent.thinId, isDeleted: true };
  await records.saveVolume(marked);
  ids.claim(intent.thinId);
  volumes.put(marked);
}
