import type { DeviceName } from '../name/device-name.ts';
import { percent } from '../size/percent.ts';
import { freeSpaceFault } from './pool-fault.ts';
import { poolFaultError } from './pool-fault-error.ts';
import type { PoolStatus } from './pool-status.ts';

/**
 * What an operator has to know of a pool's state and its numbers do not say, a sentence or two each; in the words of the
 * error that a change would meet (docker-devicemapper.md 12.1, defects 18 and 22).
 */
export function poolTroubles(pool: DeviceName, status: PoolStatus): readonly string[] {
  const fault = freeSpaceFault(status, percent(0));
  if (fault !== undefined) {
    const { message, remedy } = poolFaultError(fault, pool, 'make or delete volumes');
    return [`${message}. ${remedy}`];
  }
  if (status.kind === 'ok' && status.mode === 'out_of_data_space')
    return [`pool ${pool} is out of data space: writes to its volumes wait or fail until it is grown`];
  return [];
}
