import type { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { Call } from './messages.ts';
import { unpackError } from './packed-error.ts';
import type { ServiceThread } from './service-thread.ts';

/** A call that somebody waits for. */
export interface Asked extends Call {
  readonly signal: CancelSignal | undefined;
  resolve(value: unknown): void;
  reject(error: DmError): void;
}

/** Calls that a thread makes in one hop, one after the other, up to the first that fails. */
export class Job {
  readonly asked: readonly Asked[];
  /** How many of them were answered, by a value or an error; once it is over. */
  readonly over: Promise<number>;
  readonly #onAbort: () => void;
  #end: (answered: number) => void = () => undefined;

  /** @param onAbort is called when the first of them is cancelled before its turn. */
  constructor(asked: readonly Asked[], onAbort: (job: Job) => void) {
    this.asked = asked;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#onAbort = () => onAbort(this);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** @param aborted the error of a call whose signal has fired. */
  async start(thread: ServiceThread, aborted: (asked: Asked) => DmError): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const cut = this.asked.findIndex(({ signal }) => signal?.aborted === true);
    const made = cut === -1 ? this.asked : this.asked.slice(0, cut);
    try {
      const { values, error } = await thread.run(made.map(({ name, args }) => ({ name, args })));
      for (const [index, value] of values.entries()) this.asked[index]?.resolve(value);
      const failed = this.asked[values.length];
      if (failed !== undefined) failed.reject(error === undefined ? aborted(failed) : unpackError(error));
      this.#end(Math.min(values.length + 1, this.asked.length));
    } catch (error) {
      this.refuse(error as DmError);
    }
  }

  /** Fails the first; those after it are not reached. */
  refuse(error: DmError): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.asked[0]?.reject(error);
    this.#end(1);
  }

  /** Fails those that were not reached, so that whoever waits for them goes on. */
  refuseRest(answered: number, error: DmError): void {
    for (const { reject } of this.asked.slice(answered)) reject(error);
  }

  get #signal(): CancelSignal | undefined {
    return this.asked[0]?.signal;
  }
}
