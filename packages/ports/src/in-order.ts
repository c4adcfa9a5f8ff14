/** A call of a port that is still to be made. */
export interface PortCall {
  /** Whose call it is. */
  readonly port: object;
  /** Asks the port at once, waiting for nothing before, and does nothing else before it has answered. */
  readonly make: () => Promise<unknown>;
}

/** What came of calls that were made in order. */
export interface InOrderOutcome {
  /** How many succeeded, from the first on. */
  readonly done: number;
  /** What the next one failed with; undefined where all succeeded. */
  readonly error: unknown;
}

/**
 * Makes calls one after the other, each once the one before it has succeeded, up to the first that fails.
 *
 * Whoever has a thread do the work of several ports does theirs in one hop. There a call may ask its port before the
 * one before it was answered, though it is done only after that has succeeded. One that was not reached rejects, and may
 * be made a second time.
 */
export type InOrder = (calls: readonly PortCall[]) => Promise<InOrderOutcome>;

/** `on(records, (records) => records.saveIntent(intent))`. */
export function on<Port extends object>(port: Port, ask: (port: Port) => Promise<unknown>): PortCall {
  return { port, make: () => ask(port) };
}

/** `InOrder` over any ports. */
export const oneAfterAnother: InOrder = async (calls) => {
  let done = 0;
  try {
    for (const { make } of calls) {
      await make();
      done += 1;
    }
    return { done, error: undefined };
  } catch (error) {
    return { done, error };
  }
};
