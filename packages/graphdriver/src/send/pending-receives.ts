import { DmError, humanSize, type VolumeId } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import type { PendingReceive } from '../graph-driver.ts';
import { formatToken } from './resume-token.ts';

/** See `GraphDriver.pendingReceives`. */
export function pendingReceives({ halves, pool }: DriverContext): readonly PendingReceive[] {
  const pending: PendingReceive[] = [];
  for (const [id, progress] of halves.all()) {
    const size = pool.find(id)?.size;
    if (size !== undefined) pending.push({ id, size, received: progress.position, token: formatToken(progress) });
  }
  return pending;
}

/** @throws DmError BUSY: the layer is half received, and nobody's to use. */
export function refuseHalf({ halves }: DriverContext, id: VolumeId): void {
  const progress = halves.of(id);
  if (progress === undefined) return;
  throw new DmError('BUSY', `layer "${id}" is half received`, {
    errno: 'EBUSY',
    subject: id,
    remedy: `Go on with it: dmthin send --resume ${formatToken(progress)} | dmthin receive ${id}; or give it up: dmthin rm ${id}`,
  });
}

/**
 * At the opening: takes the devices of half-received layers away, which a process that ended left. A finding for each. One
 * that has its identity is whole: it gets that last, before it is no longer noted as half received.
 */
export async function settleHalves(context: DriverContext): Promise<readonly string[]> {
  const { halves, identities, pool } = context;
  for (const [id, { identity }] of [...halves.all()]) {
    const volume = pool.find(id);
    if (volume !== undefined && identities.of(volume) === identity) await halves.end(id);
  }
  const findings: string[] = [];
  for (const { id, received, size } of pendingReceives(context)) {
    await context.pool.deactivate(id).catch((error: unknown) => {
      context.ports.log.write('warn', `the device of half-received layer "${id}" stays`, { error });
    });
    findings.push(
      `layer "${id}" is half received (${humanSize(received)} of ${humanSize(size)}): go on with it ` +
        `(dmthin receive --pending), or remove it (dmthin rm ${id})`,
    );
  }
  return findings;
}
