/** What was opened, to be closed the last first. Node 20 has no AsyncDisposableStack. */
export class ClosingStack {
  readonly #closers: (() => Promise<void>)[] = [];

  /** Closes `close` when the stack is; those added later go first. */
  defer(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, whatever fails; throws the first failure. Twice is well. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
