import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { keptLabels, maxSizeOf, updatedLabels } from '#src/label/labels';

const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd.e'), fc.constantFrom('', '1', '2'), {
  noNullPrototype: true,
});
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return DmError.is(error) ? error.code : String(error);
  }
};

describe('labels', () => {
  it('without a value are none', () => {
    fc.assert(
      fc.property(labels, (given) => {
        const kept = keptLabels(given);
        for (const [key, value] of Object.entries(given)) expect(kept[key]).to.equal(value === '' ? undefined : value);
      }),
    );
  });

  it('are all replaced where no field is named, or all of them', () => {
    fc.assert(
      fc.property(labels, labels, (present, given) => {
        expect(updatedLabels(present, given, [], 'x')).to.deep.equal(keptLabels(given));
        expect(updatedLabels(present, given, ['labels'], 'x')).to.deep.equal(keptLabels(given));
      }),
    );
  });

  it('change by name, and go where they are not given', () => {
    fc.assert(
      fc.property(labels, labels, fc.subarray(['a', 'b', 'c', 'd.e'], { minLength: 1 }), (present, given, named) => {
        const fields = named.map((key) => `labels.${key}`);
        const updated = updatedLabels(keptLabels(present), given, fields, 'x');
        for (const key of ['a', 'b', 'c', 'd.e']) {
          const source = named.includes(key) ? given : present;
          expect(updated[key]).to.equal(source[key] === '' ? undefined : source[key]);
        }
      }),
    );
  });

  for (const field of ['parent', 'kind', 'name', 'created_at', '', 'label', 'Labels', '*'])
    it(`refuse a change of the field ${JSON.stringify(field)}`, () => {
      expect(codeOf(() => updatedLabels({}, {}, [field], 'x'))).to.equal('INVALID_ARGUMENT');
      expect(codeOf(() => updatedLabels({}, {}, ['labels.a', field], 'x'))).to.equal('INVALID_ARGUMENT');
    });

  it('are as long as containerd allows', () => {
    expect(codeOf(() => keptLabels({ ['k'.repeat(96)]: 'v'.repeat(4000) }))).to.equal(undefined);
    expect(codeOf(() => keptLabels({ ['k'.repeat(97)]: 'v'.repeat(4000) }))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => keptLabels({ key: 'ä'.repeat(2048) }))).to.equal('INVALID_ARGUMENT');
  });

  it('say how large a snapshot may become, in whole bytes', () => {
    const label = 'containerd.io/snapshot/max-size';
    expect(maxSizeOf({})).to.equal(undefined);
    expect(maxSizeOf({ [label]: '' })).to.equal(undefined);
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 19n - 1n }), (size) => {
        expect(maxSizeOf({ [label]: String(size) })).to.equal(size);
      }),
    );
    for (const wrong of ['0', '01', '-1', '1k', '0x10', '1e9', ' 1', '1 '])
      expect(
        codeOf(() => maxSizeOf({ [label]: wrong })),
        wrong,
      ).to.equal('INVALID_ARGUMENT');
  });
});
