import { DmError } from '@dmthin/domain';
import type { CancelSignal, Clock } from '@dmthin/ports';

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  readonly #sleepers = new Set<Sleeper>();

  /** `start` is what `now()` says first, in milliseconds since 1970. */
  constructor(start = 0) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Moves time on and wakes who is due on the way, in the order of their times. */
  advance(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#elapsed = Math.max(this.#elapsed, next.due);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#elapsed = end;
  }

  sleep(milliseconds: number, signal?: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(new DmError('ABORTED', 'the sleep was cancelled', { operation: 'sleep', cause: signal?.reason }));
      };
      const sleeper: Sleeper = {
        due: this.#elapsed + milliseconds,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      if (signal?.aborted === true) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  #nextDue(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers)
      if (sleeper.due <= end && (first === undefined || sleeper.due < first.due)) first = sleeper;
    return first;
  }
}
