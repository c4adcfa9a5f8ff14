import type { DeltaKind, DeltaVisitor } from './delta-range.ts';

/** Puts ranges together that go on where the one before ended, on the pool too. */
export class JoinedRanges {
  readonly #visit: DeltaVisitor;
  #kind: DeltaKind | undefined;
  #begin = 0;
  #length = 0;
  #leftData = 0;
  #rightData = 0;

  constructor(visit: DeltaVisitor) {
    this.#visit = visit;
  }

  readonly add: DeltaVisitor = (kind, begin, length, leftData, rightData) => {
    const passed = this.#length;
    const goesOn =
      kind === this.#kind &&
      begin === this.#begin + passed &&
      (kind === 'right_only' || leftData === this.#leftData + passed) &&
      (kind === 'left_only' || rightData === this.#rightData + passed);
    if (goesOn) {
      this.#length += length;
      return;
    }
    this.end();
    this.#kind = kind;
    this.#begin = begin;
    this.#length = length;
    this.#leftData = leftData;
    this.#rightData = rightData;
  };

  end(): void {
    if (this.#kind !== undefined) this.#visit(this.#kind, this.#begin, this.#length, this.#leftData, this.#rightData);
  }
}
