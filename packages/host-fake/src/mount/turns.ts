/** Lets one action run after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `action` when all that were given before have ended, whatever became of them. */
  take<Result>(action: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(action, action);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
