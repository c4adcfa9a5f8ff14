import type { CancelSignal } from '@dmthin/ports';
import { FifoLock } from './fifo-lock.ts';

/** A lock for each key; a key nobody uses costs nothing. */
export class KeyedLock {
  readonly #locks = new Map<string, FifoLock>();

  /** How many keys are held now. */
  get size(): number {
    return this.#locks.size;
  }

  /**
   * Runs `work` with all `keys` held. They are taken in one order whatever order they are given in, so that two that
   * want the same keys (a snapshot of A called B, a snapshot of B called A) never wait for each other.
   * @throws DmError ABORTED: the signal fired before all were held.
   */
  async run<T>(keys: readonly string[], work: () => Promise<T>, signal?: CancelSignal): Promise<T> {
    return this.#runAll([...new Set(keys)].sort(), work, signal);
  }

  async #runAll<T>(keys: readonly string[], work: () => Promise<T>, signal: CancelSignal | undefined): Promise<T> {
    const [first, ...rest] = keys;
    if (first === undefined) return work();
    const lock = this.#lockOf(first);
    try {
      return await lock.run(() => this.#runAll(rest, work, signal), signal);
    } finally {
      if (lock.isIdle && this.#locks.get(first) === lock) this.#locks.delete(first);
    }
  }

  #lockOf(key: string): FifoLock {
    const known = this.#locks.get(key);
    if (known !== undefined) return known;
    const lock = new FifoLock();
    this.#locks.set(key, lock);
    return lock;
  }
}
