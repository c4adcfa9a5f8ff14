import type { CancelSignal } from '@dmthin/ports';

/** How a run of the program ended. */
export interface RunResult {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  /** What killed it, such as `SIGKILL`. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Kills the program when it fires; the run then resolves, with the signal that ended it. */
  readonly kill?: CancelSignal | undefined;
  /** This run keeps the process alive no longer than something else does, and is killed when the process exits. */
  readonly background?: boolean | undefined;
}

/**
 * Runs dmsetup once: the one way from this package to the outside.
 * @param args without the program's own name; each reaches the program as it is, no shell reads it.
 * @param stdin what the program reads; empty for most.
 * @throws DmError UNAVAILABLE: no such program. NOT_PERMITTED: it may not be run. BUSY, NO_SPACE: no process to be had.
 */
export type Run = (args: readonly string[], stdin: string, options?: RunOptions) => Promise<RunResult>;
