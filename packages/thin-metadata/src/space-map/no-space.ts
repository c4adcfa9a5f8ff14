import { DmError } from '@dmthin/domain';

/** The error of a space map of `blocks` blocks that has none left to give. */
export function noSpace(what: 'data' | 'metadata', blocks: number): DmError {
  return new DmError('NO_SPACE', `no free ${what} block is left of ${blocks}`, {
    errno: 'ENOSPC',
    operation: 'allocate',
    subject: `${what} device`,
    remedy: `Grow the pool's ${what} device, or remove thin devices that are no longer needed.`,
  });
}
