import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { CancelSource } from './cancel-source.ts';

/** Counts the work under way, so that closing can refuse new work and wait for the rest. */
export class Gate {
  readonly #closing = new CancelSource();
  readonly #what: string;
  #inside = 0;
  #whenEmpty: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** `what` is closed, in messages. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Fires when closing begins: waits that hold nothing end then. */
  get closing(): CancelSignal {
    return this.#closing.signal;
  }

  /** @throws DmError CLOSED: closing has begun. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * For work that no one function spans: it is under way until the returned function is called, once or more often.
   * @throws DmError CLOSED: closing has begun.
   */
  enter(): () => void {
    if (this.closing.aborted) throw this.closedError();
    this.#inside += 1;
    let isInside = true;
    return () => {
      if (isInside) this.#inside -= 1;
      isInside = false;
      if (this.#inside === 0) this.#whenEmpty?.();
    };
  }

  /** Refuses new work, waits for the rest, then runs `last` once; later calls wait for the same. */
  close(last: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#close(last);
    return this.#closed;
  }

  closedError(): DmError {
    return new DmError('CLOSED', `${this.#what} is closed`, { remedy: 'Open it again.' });
  }

  async #close(last: () => Promise<void>): Promise<void> {
    this.#closing.cancel(this.closedError());
    if (this.#inside > 0)
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
      });
    await last();
  }
}
