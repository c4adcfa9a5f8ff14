import type { CancelSignal } from './abort.ts';

/** Time, so that tests can run it by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump when somebody sets the clock. */
  now(): number;
  /** Milliseconds of a clock that only goes forward, for measuring. */
  monotonic(): number;
  /**
   * Resolves after `milliseconds`. Does not keep the process alive by itself.
   * @throws DmError ABORTED: the signal fired first.
   */
  sleep(milliseconds: number, signal?: CancelSignal): Promise<void>;
}
