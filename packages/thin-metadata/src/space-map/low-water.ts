/**
 * Tells once when a falling count passes a mark (struct threshold): again only after a value above the mark was seen.
 * Values are looked at one allocation at a time, and a commit gives blocks back, so it can tell several times.
 */
export class LowWater {
  #mark: number | undefined;
  #listener: () => void = () => {};
  #last: number | undefined;

  /** Calls `listener` during the allocation after which no more than `mark` blocks are free. */
  listen(mark: number, listener: () => void): void {
    this.#mark = mark;
    this.#listener = listener;
  }

  see(free: number): void {
    const isLow = this.#isLow(free);
    const wasLow = this.#last !== undefined && this.#isLow(this.#last);
    this.#last = free;
    if (isLow && !wasLow) this.#listener();
  }

  #isLow(free: number): boolean {
    // A block that was taken, given back and taken again counts twice: the kernel's count then wraps around, and is high.
    return this.#mark !== undefined && free >= 0 && free <= this.#mark;
  }
}
