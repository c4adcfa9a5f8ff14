import { type GraphNode, LayerGraph } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

const node = (id: string, parent?: string): GraphNode => ({ id, parent });

/** Any nodes at all over a few ids: unknown parents, cycles, self-parents and duplicates among them. */
const anyNodes = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 12 }).map(String),
    parent: fc.option(fc.integer({ min: 0, max: 14 }).map(String), { nil: undefined }),
  }),
  { maxLength: 20 },
);

describe('layer graph', () => {
  const graph = new LayerGraph([node('app', 'os'), node('os'), node('db', 'os'), node('app-1', 'app'), node('alone')]);

  it('knows parents, children, depth, roots and ancestors', () => {
    expect(graph.parentOf('app-1')).to.equal('app');
    expect(graph.childrenOf('os')).to.deep.equal(['app', 'db']);
    expect(graph.roots()).to.deep.equal(['os', 'alone']);
    expect(['os', 'app', 'app-1'].map((id) => graph.depthOf(id))).to.deep.equal([0, 1, 2]);
    expect(graph.ancestorsOf('app-1')).to.deep.equal(['app', 'os']);
    expect(graph.descendantsOf('os')).to.deep.equal(['app', 'app-1', 'db']);
    expect(graph.inOrder()).to.deep.equal(['os', 'app', 'app-1', 'db', 'alone']);
    expect(graph.faults).to.deep.equal([]);
    expect([graph.size, graph.has('db'), graph.has('x')]).to.deep.equal([5, true, false]);
  });

  it('removes children before parents, with all that came from what was named', () => {
    expect(graph.removalOrder(['app'])).to.deep.equal(['app-1', 'app']);
    expect(graph.removalOrder()).to.deep.equal(['alone', 'db', 'app-1', 'app', 'os']);
    expect(graph.removalOrder(['app-1', 'app', 'nowhere'])).to.deep.equal(['app-1', 'app']);
  });

  it('takes the empty id of the base as an id', () => {
    const based = new LayerGraph([node(''), node('a', ''), node('b', 'a')]);
    expect(based.ancestorsOf('b')).to.deep.equal(['a', '']);
    expect(based.inOrder()).to.deep.equal(['', 'a', 'b']);
  });

  it('reports unknown parents, cycles and ids that come twice', () => {
    const broken = new LayerGraph([
      ...[node('a', 'gone'), node('x', 'y'), node('y', 'z'), node('z', 'x'), node('self', 'self')],
      ...[node('below', 'x'), node('a')],
    ]);
    expect(broken.faults).to.deep.equal([
      { kind: 'duplicate', id: 'a', parent: undefined },
      { kind: 'unknown-parent', id: 'a', parent: 'gone' },
      { kind: 'cycle', ids: ['x', 'y', 'z'] },
      { kind: 'cycle', ids: ['self'] },
    ]);
    expect(broken.roots()).to.deep.equal(['a', 'x', 'y', 'z', 'self']);
    expect(broken.ancestorsOf('below')).to.deep.equal(['x']);
  });

  it('is a forest whatever it is made of, and removal never leaves a child without its parent', () => {
    fc.assert(
      fc.property(anyNodes, fc.subarray(Array.from({ length: 13 }, (_, id) => String(id))), (nodes, named) => {
        const made = new LayerGraph(nodes);
        const all = made.inOrder();
        expect(all.length).to.equal(made.size);
        expect(new Set(all).size).to.equal(new Set(nodes.map(({ id }) => id)).size);
        for (const id of all) {
          expect(made.depthOf(id)).to.equal(made.ancestorsOf(id).length);
          for (const child of made.childrenOf(id)) expect(made.parentOf(child)).to.equal(id);
        }
        const order = made.removalOrder(named);
        const place = new Map(order.map((id, index) => [id, index]));
        expect(place.size).to.equal(order.length);
        const wanted = all.filter((id) => [id, ...made.ancestorsOf(id)].some((one) => named.includes(one)));
        expect([...order].sort()).to.deep.equal([...wanted].sort());
        for (const id of order)
          for (const child of made.childrenOf(id)) expect(place.get(child)).to.be.below(place.get(id) ?? -1);
      }),
    );
  });

  it('reports a fault for exactly those whose parent it does not keep', () => {
    fc.assert(
      fc.property(anyNodes, (nodes) => {
        const made = new LayerGraph(nodes);
        const blamed = made.faults.flatMap((fault) =>
          fault.kind === 'cycle' ? fault.ids : fault.kind === 'unknown-parent' ? [fault.id] : [],
        );
        const first = new Map<string, string | undefined>();
        for (const { id, parent } of nodes) if (!first.has(id)) first.set(id, parent);
        const changed = [...first].filter(([id, parent]) => made.parentOf(id) !== parent).map(([id]) => id);
        expect([...blamed].sort()).to.deep.equal(changed.sort());
      }),
    );
  });

  // Some 0.3 s each here; what is quadratic or recursive would take minutes, or no time at all.
  it('takes a chain, a fan and a ring of 100,000', () => {
    const count = 100_000;
    const chain = new LayerGraph(
      Array.from({ length: count }, (_, id) => node(`${id}`, id === 0 ? undefined : `${id - 1}`)),
    );
    expect(chain.depthOf(`${count - 1}`)).to.equal(count - 1);
    expect(chain.removalOrder(['0'])[0]).to.equal(`${count - 1}`);
    expect(chain.ancestorsOf(`${count - 1}`)).to.have.length(count - 1);
    const fan = new LayerGraph(Array.from({ length: count }, (_, id) => node(`${id}`, id === 0 ? undefined : '0')));
    expect(fan.removalOrder()).to.have.length(count);
    const ring = new LayerGraph(Array.from({ length: count }, (_, id) => node(`${id}`, `${(id + 1) % count}`)));
    expect(ring.faults).to.have.length(1);
  });
});
