import type { Block } from '../format/block.ts';
import { dataBlockAt } from '../format/mapping.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';
import type { Steps } from '../read/steps.ts';

/** Runs of mappings, whatever their times, one after another; none goes on over the end of its leaf. */
export class MappingRuns {
  begin = 0;
  dataBegin = 0;
  /** 0: there are no more, or the next leaf has to be read first. */
  length = 0;
  readonly #walk: Steps<Block>;
  readonly #from: number;
  #leaf: Block | undefined;
  #index = 0;
  #count = 0;
  #isOver = false;

  /** Of the leaves that `walk` goes to, what lies at block `from` or behind it. */
  constructor(walk: Steps<Block>, from: number) {
    this.#walk = walk;
    this.#from = from;
  }

  /** Whether `refill` has to be called before there is a run. */
  get isDry(): boolean {
    return this.length === 0 && !this.#isOver;
  }

  /** Goes to the next leaf that has a run. */
  *refill(): Steps<never> {
    while (this.isDry) {
      const { value, done } = this.#walk.next();
      if (done === true) this.#isOver = true;
      else if (typeof value === 'number') yield value;
      else this.#open(value);
    }
  }

  /** Drops the first `count` blocks of the run; goes on to the next where none is left. */
  consume(count: number): void {
    this.begin += count;
    this.dataBegin += count;
    this.length -= count;
    if (this.length === 0) this.#next();
  }

  #open(leaf: Block): void {
    this.#leaf = leaf;
    this.#index = 0;
    this.#count = entryCount(leaf);
    while (this.#index < this.#count && keyAt(leaf, this.#index) < this.#from) this.#index++;
    this.#next();
  }

  #next(): void {
    const leaf = this.#leaf as Block;
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
