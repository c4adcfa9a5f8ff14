/** Does what is asked for one key in the order it was asked, and what is asked for different keys at once: now, where it can. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const last = this.#last.get(key);
    const result = last === undefined ? work() : last.then(work);
    const done = result.then(nothing, nothing).then(() => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
    this.#last.set(key, done);
    return result;
  }

  /** Once all that was asked so far is done, well or not. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}

function nothing(): void {}
