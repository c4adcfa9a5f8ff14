import { setImmediate } from 'node:timers/promises';

/** How long the event loop may be kept, in milliseconds. */
const SLICE = 5;

/**
 * Lets other work run between many small synchronous steps. Going through the thread pool costs several times what a
 * step on a tree of small files does, so the steps are synchronous, and this keeps them from adding up.
 */
export class TimeSlice {
  #started = performance.now();

  /** undefined while the slice lasts, else a promise to await. Call it between any two steps. */
  breathe(): Promise<void> | undefined {
    return performance.now() - this.#started < SLICE ? undefined : this.#pause();
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#started = performance.now();
  }
}
