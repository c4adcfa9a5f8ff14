import type { Block } from '../format/block.ts';
import { dataBlockAt } from '../format/mapping.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';

/** Runs of mappings, whatever their times, one after another; `length` 0 when there are no more. */
export class MappingRuns {
  begin = 0;
  dataBegin = 0;
  length = 0;
  readonly #leaves: Iterator<Block>;
  #leaf: Block | undefined;
  #index = 0;
  #count = 0;

  constructor(leaves: Iterator<Block>) {
    this.#leaves = leaves;
    this.#nextLeaf();
    this.next();
  }

  /** Drops the first `count` blocks of the run; goes on to the next where none is left. */
  consume(count: number): void {
    this.begin += count;
    this.dataBegin += count;
    this.length -= count;
    if (this.length === 0) this.next();
  }

  next(): void {
    this.length = 0;
    for (; this.#leaf !== undefined; this.#nextLeaf()) {
      const leaf = this.#leaf;
      for (; this.#index < this.#count; this.#index++) {
        const block = keyAt(leaf, this.#index);
        const dataBlock = dataBlockAt(leaf.view, valueOffset(leaf, this.#index));
        if (this.length === 0) {
          this.begin = block;
          this.dataBegin = dataBlock;
        } else if (block !== this.begin + this.length || dataBlock !== this.dataBegin + this.length) return;
        this.length++;
      }
    }
  }

  #nextLeaf(): void {
    const { value, done } = this.#leaves.next();
    this.#leaf = done === true ? undefined : value;
    this.#index = 0;
    this.#count = this.#leaf === undefined ? 0 : entryCount(this.#leaf);
  }
}
