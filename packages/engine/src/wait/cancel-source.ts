import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';

/** Makes a `CancelSignal` and fires it: what an `AbortController` is where there is a platform. */
export class CancelSource {
  readonly #signal = new FiringSignal();

  get signal(): CancelSignal {
    return this.#signal;
  }

  /** Fires once; later calls do nothing. */
  cancel(reason: unknown): void {
    this.#signal.fire(reason);
  }
}

class FiringSignal implements CancelSignal {
  #fired: { readonly reason: unknown } | undefined;
  readonly #listeners = new Set<() => void>();

  get aborted(): boolean {
    return this.#fired !== undefined;
  }

  get reason(): unknown {
    return this.#fired?.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  fire(reason: unknown): void {
    if (this.#fired !== undefined) return;
    this.#fired = { reason };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

/**
 * Runs `work` with a signal that fires when any of `signals` does. Listeners go when the work ends, so that a signal that
 * outlives many waits does not gather them.
 */
export async function withAnyOf<T>(
  signals: readonly (CancelSignal | undefined)[],
  work: (signal: CancelSignal) => Promise<T>,
): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined);
  const only = given[0];
  if (only !== undefined && given.length === 1) return work(only);
  const source = new CancelSource();
  const links = given.map((signal) => ({ signal, fire: () => source.cancel(signal.reason) }));
  for (const { signal, fire } of links) {
    if (signal.aborted) fire();
    signal.addEventListener('abort', fire, { once: true });
  }
  try {
    return await work(source.signal);
  } finally {
    for (const { signal, fire } of links) signal.removeEventListener('abort', fire);
  }
}

/** @throws DmError ABORTED: the signal has fired. */
export function throwIfAborted(signal: CancelSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw abortedError(signal, what);
}

export function abortedError(signal: CancelSignal, what: string): DmError {
  return new DmError('ABORTED', `${what} was given up: its caller cancelled it`, { cause: signal.reason });
}
