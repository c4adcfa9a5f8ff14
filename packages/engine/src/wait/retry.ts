import { DmError } from '@dmthin/domain';

export interface Patience {
  /** How often it is tried at most. */
  readonly attempts: number;
  /** Waits between two attempts; holds nothing. */
  readonly pause: () => Promise<void>;
}

/**
 * Tries until the answer is no longer BUSY. Each attempt takes and gives back the locks it needs, so that nothing is held
 * while this waits.
 * @throws DmError BUSY: still, after the last attempt. What an attempt or a pause throws besides.
 */
export async function untilNotBusy<T>({ attempts, pause }: Patience, attempt: () => Promise<T>): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1 || !DmError.is(error, 'BUSY')) throw error;
    }
    await pause();
  }
}
