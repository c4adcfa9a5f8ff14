/** A volume and what it was made from. */
export interface GraphNode<Id extends string = string> {
  readonly id: Id;
  /** Undefined: made from nothing. */
  readonly parent: Id | undefined;
}

/** What is wrong with the nodes a graph was made of. */
export type GraphFault<Id extends string = string> =
  /** The parent is none of the nodes. */
  | { readonly kind: 'unknown-parent'; readonly id: Id; readonly parent: Id }
  /** Each is the parent of the one before it, and the first of the last. */
  | { readonly kind: 'cycle'; readonly ids: readonly Id[] }
  /** The id came up before, with that parent; the later node is left out. */
  | { readonly kind: 'duplicate'; readonly id: Id; readonly parent: Id | undefined };

/**
 * Which volume came from which. Always a forest, whatever it is made of: a node whose parent is unknown, or that stands on
 * a cycle, is a root here, and `faults` says so. Made once; a change makes another.
 *
 * Making it is O(nodes), and nothing here recurses: a chain of 100,000 layers is as good as any.
 * Those that take an id answer for one that is not in the graph as for a lone root, except `has`.
 */
export class LayerGraph<Id extends string = string> {
  readonly faults: readonly GraphFault<Id>[];
  readonly #parents: ReadonlyMap<Id, Id | undefined>;
  readonly #children = new Map<Id, Id[]>();
  readonly #roots: Id[] = [];
  readonly #depths = new Map<Id, number>();

  constructor(nodes: Iterable<GraphNode<Id>>) {
    const { parents, faults } = forestOf(nodes);
    this.#parents = parents;
    this.faults = faults;
    for (const [id, parent] of parents) {
      if (parent === undefined) this.#roots.push(id);
      else if (!this.#children.get(parent)?.push(id)) this.#children.set(parent, [id]);
    }
    for (const id of this.#downFrom(this.#roots)) {
      const parent = parents.get(id);
      this.#depths.set(id, parent === undefined ? 0 : this.depthOf(parent) + 1);
    }
  }

  get size(): number {
    return this.#parents.size;
  }

  has(id: Id): boolean {
    return this.#parents.has(id);
  }

  /** Nodes made from nothing, and those that faults made roots; in the order they were given. */
  roots(): readonly Id[] {
    return this.#roots;
  }

  /** Undefined for a root. */
  parentOf(id: Id): Id | undefined {
    return this.#parents.get(id);
  }

  /** In the order they were given. */
  childrenOf(id: Id): readonly Id[] {
    return this.#children.get(id) ?? [];
  }

  /** How many ancestors it has: 0 for a root. */
  depthOf(id: Id): number {
    return this.#depths.get(id) ?? 0;
  }

  /** The parent, its parent, and so on up to the root. */
  ancestorsOf(id: Id): readonly Id[] {
    const ancestors: Id[] = [];
    for (let next = this.parentOf(id); next !== undefined; next = this.parentOf(next)) ancestors.push(next);
    return ancestors;
  }

  /** All that came from it, parents before children; without itself. */
  descendantsOf(id: Id): readonly Id[] {
    return this.#downFrom([id]).slice(1);
  }

  /** All nodes, parents before children and each subtree in one piece: the order of a printed tree. */
  inOrder(): readonly Id[] {
    return this.#downFrom(this.#roots);
  }

  /** In which order to remove these and all that came from them, or every node: children before parents, each once. */
  removalOrder(ids: Iterable<Id> = this.#roots): readonly Id[] {
    const going = new Set(ids);
    const order: Id[] = [];
    for (const id of this.inOrder()) {
      const parent = this.parentOf(id);
      if (!going.has(id) && (parent === undefined || !going.has(parent))) continue;
      going.add(id);
      order.push(id);
    }
    return order.reverse();
  }

  #downFrom(tops: readonly Id[]): Id[] {
    const found: Id[] = [];
    const waiting = tops.toReversed();
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      found.push(id);
      for (const child of this.childrenOf(id).toReversed()) waiting.push(child);
    }
    return found;
  }
}

function forestOf<Id extends string>(
  nodes: Iterable<GraphNode<Id>>,
): { readonly parents: ReadonlyMap<Id, Id | undefined>; readonly faults: readonly GraphFault<Id>[] } {
  const parents = new Map<Id, Id | undefined>();
  const faults: GraphFault<Id>[] = [];
  for (const { id, parent } of nodes) {
    if (parents.has(id)) faults.push({ kind: 'duplicate', id, parent });
    else parents.set(id, parent);
  }
  for (const [id, parent] of parents) {
    if (parent === undefined || parents.has(parent)) continue;
    faults.push({ kind: 'unknown-parent', id, parent });
    parents.set(id, undefined);
  }
  for (const ids of cyclesOf(parents)) {
    faults.push({ kind: 'cycle', ids });
    for (const id of ids) parents.set(id, undefined);
  }
  return { parents, faults };
}

/** Every cycle once: walks up from each node until it meets a root, an earlier walk, or itself. */
function cyclesOf<Id extends string>(parents: ReadonlyMap<Id, Id | undefined>): readonly (readonly Id[])[] {
  const walkOf = new Map<Id, Id>();
  const cycles: Id[][] = [];
  for (const start of parents.keys()) {
    let next: Id | undefined = start;
    while (next !== undefined && !walkOf.has(next)) {
      walkOf.set(next, start);
      next = parents.get(next);
    }
    if (next !== undefined && walkOf.get(next) === start) cycles.push(ringOf(next, parents));
  }
  return cycles;
}

/** The cycle through `id`, from it upwards. */
function ringOf<Id extends string>(id: Id, parents: ReadonlyMap<Id, Id | undefined>): Id[] {
  const ring = [id];
  for (let next = parents.get(id); next !== undefined && next !== id; next = parents.get(next)) ring.push(next);
  return ring;
}
