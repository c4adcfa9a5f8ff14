import type { Block } from '../format/block.ts';
import { NODE, setAddress } from '../format/node.ts';
import { addChildReferences, type Btree } from './btree.ts';
import type { ValueType } from './value-type.ts';

/** The way down a tree that is being changed: each node on it is shadowed, and its parent told where it now is. */
export class ShadowSpine {
  readonly #tree: Btree;
  /** Where the tree begins after the change. */
  root = 0;
  /** The node above `node`; undefined at the root. In a tree of trees, the leaf that holds a root. */
  parent: Block | undefined;
  #node: Block | undefined;

  constructor(tree: Btree) {
    this.#tree = tree;
  }

  get node(): Block {
    return this.#node as Block;
  }

  /** Goes on from another node of the same height, after a split moved the key there. */
  set node(node: Block) {
    this.#node = node;
  }

  /** Steps down to `number`, which is in entry `index` of the node reached so far. */
  step(number: number, index: number, type: ValueType): void {
    this.parent = this.#node;
    this.#node = shadowNode(this.#tree, number, type);
    if (this.parent === undefined) this.root = this.#node.number;
    else setAddress(this.parent, index, this.#node.number);
  }
}

/** Shadows a node. A copy of a shared one counts its references to its children. */
export function shadowNode(tree: Btree, number: number, type: ValueType): Block {
  const { transaction } = tree;
  return (
    transaction.changeable(number, NODE) ??
    transaction.shadow(number, NODE, (copy) => addChildReferences(tree, type, copy))
  );
}

/** Shadows a child beside the way down and tells its parent where it now is. */
export function shadowChild(tree: Btree, type: ValueType, parent: Block, index: number, number: number): Block {
  const child = shadowNode(tree, number, type);
  setAddress(parent, index, child.number);
  return child;
}
