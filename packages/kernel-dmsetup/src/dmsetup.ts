import { abortedError, closedError, type DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { type Attempt, failureOf } from './failure/failure.ts';
import type { Run, RunResult } from './program/run.ts';

/** dmsetup as something to ask, until it is closed. */
export class Dmsetup {
  readonly #run: Run;
  readonly #closing = new AbortController();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Fires when it is closed. */
  get closing(): CancelSignal {
    return this.#closing.signal;
  }

  /** Ends the waits, and answers nothing from now on; what else is under way ends by itself. */
  close(): void {
    this.#closing.abort();
  }

  /** Why nothing can be asked now: it was closed, or the caller's signal fired. */
  refusal({ operation, device }: Attempt, signal?: CancelSignal): DmError | undefined {
    if (this.#closing.signal.aborted) return closedError(operation, device);
    return signal?.aborted === true ? abortedError(signal.reason, operation, device) : undefined;
  }

  /** Runs it and gives back how that ended, well or not. */
  run(args: readonly string[], stdin = ''): Promise<RunResult> {
    return this.#run(args, stdin);
  }

  /**
   * Asks, and gives back what it printed.
   * @throws DmError CLOSED, ABORTED before anything is run; and what the run's failure tells (`failureOf`).
   */
  async ask(attempt: Attempt, args: readonly string[], signal?: CancelSignal): Promise<string> {
    const refusal = this.refusal(attempt, signal);
    if (refusal !== undefined) throw refusal;
    const result = await this.run(args);
    if (result.exitCode !== 0) throw failureOf(result, attempt);
    return result.stdout;
  }

  /** Asks what may take for ever: `kill` ends it, and it keeps no process alive. @throws DmError, as `ask` does. */
  async await(attempt: Attempt, args: readonly string[], kill: CancelSignal): Promise<void> {
    const result = await this.#run(args, '', { kill, background: true });
    if (!kill.aborted && result.exitCode !== 0) throw failureOf(result, attempt);
  }
}
