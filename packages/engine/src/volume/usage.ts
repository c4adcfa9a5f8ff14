import { bytes, bytesOf, DmError, parseThinStatus, SECTOR_SIZE, type VolumeId } from '@dmthin/domain';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { VolumeUsage } from '../thin-pool.ts';
import { shownId } from './volume-table.ts';

/** See `ThinPool.usage`. */
export async function usageOf({ ports, volumes }: PoolContext, id: VolumeId): Promise<VolumeUsage | undefined> {
  const { deviceName } = volumes.get(id);
  try {
    const [line] = await ports.kernel.status(deviceName, { noFlush: true });
    if (line?.type !== 'thin') return undefined;
    const status = parseThinStatus(line.text);
    if (status.kind === 'ok')
      return {
        mapped: bytesOf(status.mapped),
        highest: status.highest === undefined ? bytes(0) : bytes((status.highest + 1n) * SECTOR_SIZE),
      };
    throw new DmError(
      'IO',
      `device "${deviceName}" cannot tell what it has mapped: its status is "${line.text.trim()}"`,
      {
        operation: 'status',
        subject: deviceName,
        remedy: 'Look at the state of its pool.',
      },
    );
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return undefined;
    throw attempting(`read the usage of ${shownId(id)}`, error);
  }
}
