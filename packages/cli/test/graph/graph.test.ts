import { drawDot, drawMermaid, drawSvg, drawText, type ListedLayer, placeLayers } from '@dmthin/cli';
import { bytes, deviceName, volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

function layer(id: string, parent?: string): ListedLayer {
  return {
    id: volumeId(id),
    deviceId: 1,
    size: bytes(1_000_000_000),
    deviceName: deviceName(`docker-${id}`),
    parent: parent === undefined ? undefined : volumeId(parent),
    isDeleted: false,
    mountPath: undefined,
    mapped: bytes(2_000_000),
  };
}

const FAMILY = [layer('app', 'os'), layer('db', 'os'), layer('os'), layer('app-1', 'app'), layer('orphan', 'gone')];

describe('placeLayers', () => {
  it('puts each layer once, behind its parent', () => {
    const parents = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(parents, (numbers) => {
        const layers = numbers.map((number, index) =>
          layer(`l${index}`, index === 0 || number % 7 === 0 ? undefined : `l${number % index}`),
        );
        const placed = placeLayers(layers).map((place) => place.layer);
        expect(placed.map(({ id }) => id)).to.have.members(layers.map(({ id }) => id));
        for (const [index, { parent }] of placed.entries())
          if (parent !== undefined) expect(placed.findIndex(({ id }) => id === parent)).to.be.lessThan(index);
      }),
    );
  });

  it('takes a chain of 10,000 layers', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      layer(`l${index}`, index === 0 ? undefined : `l${index - 1}`),
    );
    expect(placeLayers(chain).at(-1)?.layer.id).to.equal('l9999');
  });
});

describe('drawings of the tree', () => {
  const placed = placeLayers([...FAMILY].sort((one, other) => (one.id < other.id ? -1 : 1)));

  it('draws text as a tree', () => {
    expect(drawText(placed).split('\n')).to.deep.equal([
      'base',
      '├─ orphan  2MB of 1GB',
      '└─ os  2MB of 1GB',
      '   ├─ app  2MB of 1GB',
      '   │  └─ app-1  2MB of 1GB',
      '   └─ db  2MB of 1GB',
    ]);
  });

  it('has an edge from each parent in DOT, Mermaid and SVG', () => {
    expect(drawDot(placed)).to.include('"os" -> "app";').and.to.include('"base of all layers" -> "orphan";');
    expect(drawMermaid(placed)).to.match(/layer1 --> layer2\["app<br\/>/u);
    expect(drawSvg(placed).match(/<path /gu)).to.have.length(FAMILY.length);
  });
});
