import type { CancelSignal } from '@dmthin/ports';
import { abortedError, throwIfAborted } from '../wait/cancel-source.ts';

/** One at a time, in the order of asking. */
export class FifoLock {
  #isHeld = false;
  /** A set keeps the order of insertion, and lets one that is cancelled out of the middle without a search. */
  readonly #waiting = new Set<() => void>();

  /** Whether nobody holds it or waits for it. */
  get isIdle(): boolean {
    return !this.#isHeld;
  }

  /**
   * Runs `work` while nobody else runs theirs. The signal ends the wait only, not the work.
   * @throws DmError ABORTED: the signal fired before it was this one's turn. What `work` throws.
   */
  async run<T>(work: () => Promise<T>, signal?: CancelSignal): Promise<T> {
    const release = await this.acquire(signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * For work that no one function spans: it is held until the returned function is called, which is to be called once.
   * @throws DmError ABORTED: the signal fired before it was this one's turn.
   */
  async acquire(signal?: CancelSignal): Promise<() => void> {
    await this.#acquire(signal);
    return () => this.#release();
  }

  async #acquire(signal: CancelSignal | undefined): Promise<void> {
    throwIfAborted(signal, 'the wait for a lock');
    if (!this.#isHeld) {
      this.#isHeld = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(abortedError(signal as CancelSignal, 'the wait for a lock'));
      };
      this.#waiting.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the lock to the one that waited longest; it is never free in between, so nobody overtakes. */
  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#isHeld = false;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
