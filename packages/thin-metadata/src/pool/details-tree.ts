import { insert } from '../btree/insert.ts';
import { leaves, lookup } from '../btree/lookup.ts';
import { remove } from '../btree/remove.ts';
import { type DeviceDetails, decodeDetails, detailsWords } from '../format/device-details.ts';
import { entryCount, keyAt, valueOffset } from '../format/node.ts';
import type { PoolTrees } from './pool-trees.ts';

/** What a pool records of its thin devices, as a tree. */
export class DetailsTree {
  readonly #trees: PoolTrees;
  #root: number;

  constructor(trees: PoolTrees, root: number) {
    this.#trees = trees;
    this.#root = root;
  }

  get root(): number {
    return this.#root;
  }

  lookup(thin: number): DeviceDetails | undefined {
    const found = lookup(this.#trees.details, this.#root, thin);
    return found && decodeDetails(found.leaf.view, valueOffset(found.leaf, found.index));
  }

  set(thin: number, details: DeviceDetails): void {
    this.#root = insert(this.#trees.details, this.#root, thin, detailsWords(details)).root;
  }

  remove(thin: number): void {
    this.#root = remove(this.#trees.details, this.#root, thin);
  }

  /** Every device, lowest id first. */
  *entries(): Generator<readonly [thin: number, details: DeviceDetails]> {
    for (const leaf of leaves(this.#trees.details, this.#root))
      for (let index = 0; index < entryCount(leaf); index++)
        yield [keyAt(leaf, index), decodeDetails(leaf.view, valueOffset(leaf, index))];
  }
}
