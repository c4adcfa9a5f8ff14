import { Refusal } from './refusal.ts';

/** What went wrong with the parts of an I/O, all of which are tried. */
export class Failures {
  #first: Refusal | undefined;

  /** What `part` returns; undefined where it was refused. */
  of<Result>(part: () => Result): Result | undefined {
    try {
      return part();
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      this.#first ??= failure;
      return undefined;
    }
  }

  /** @throws Refusal the first. */
  throwFirst(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
