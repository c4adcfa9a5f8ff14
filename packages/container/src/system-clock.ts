import { setTimeout as wait } from 'node:timers/promises';
import { DmError } from '@dmthin/domain';
import type { Clock } from '@dmthin/ports';

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await wait(milliseconds, undefined, {
        ref: false,
        ...(signal === undefined ? {} : { signal: signal as AbortSignal }),
      });
    } catch (cause) {
      throw new DmError('ABORTED', 'the wait was cancelled', { cause });
    }
  },
};
