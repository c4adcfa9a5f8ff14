import type { Block } from '../format/block.ts';
import { dataBlockAt, timeAt } from '../format/mapping.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';
import type { PoolSink } from './pool-content.ts';

/** Joins the mappings of leaf after leaf into runs. */
export class RunMerger {
  readonly #sink: PoolSink;
  #block = 0;
  #dataBlock = 0;
  #length = 0;
  #time = 0;

  constructor(sink: PoolSink) {
    this.#sink = sink;
  }

  leaf(leaf: Block): void {
    const { view } = leaf;
    const count = entryCount(leaf);
    for (let index = 0; index < count; index++) {
      const at = valueOffset(leaf, index);
      this.add(keyAt(leaf, index), dataBlockAt(view, at), timeAt(view, at));
    }
  }

  add(block: number, dataBlock: number, time: number): void {
    const length = this.#length;
    if (block === this.#block + length && dataBlock === this.#dataBlock + length && time === this.#time && length > 0) {
      this.#length = length + 1;
      return;
    }
    this.flush();
    this.#block = block;
    this.#dataBlock = dataBlock;
    this.#time = time;
    this.#length = 1;
  }

  /** Passes the last run on. */
  flush(): void {
    if (this.#length > 0) this.#sink.map(this.#block, this.#dataBlock, this.#length, this.#time);
    this.#length = 0;
  }
}
