import { setTimeout } from 'node:timers/promises';
import { DmError } from '@dmthin/domain';
import type { CancelSignal, Clock } from '@dmthin/ports';

/** The process's own time; its sleeps do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds: number, signal?: CancelSignal) => {
    const cancel = new AbortController();
    const stop = () => cancel.abort();
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await setTimeout(milliseconds, undefined, { ref: false, signal: cancel.signal });
    } catch (cause) {
      throw new DmError('ABORTED', 'the sleep was cancelled', { operation: 'sleep', cause: signal?.reason ?? cause });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  },
};
