import { bytes, grownBaseSize, layerSize, parseLayerOptions } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { errorOf } from '../code-of.ts';

const GIB = 1024 ** 3;
const sizes = fc.bigInt({ min: 1n, max: 1n << 60n }).map(bytes);
const messageOf = (attempt: () => unknown): string | undefined => errorOf(attempt)?.message;

describe('layer options', () => {
  it('are a size, or none', () => {
    expect(parseLayerOptions({})).to.deep.equal({ size: undefined });
    expect(parseLayerOptions({ size: '20G' })).to.deep.equal({ size: 21_474_836_480n });
    expect(parseLayerOptions({ Size: '0' })).to.deep.equal({ size: undefined });
  });

  it('are refused beside anything else, wherever that stands (defect 26)', () => {
    expect(messageOf(() => parseLayerOptions({ size: '20G', Inodes: '5' }))).to.equal('Unknown option inodes');
    expect(messageOf(() => parseLayerOptions({ Inodes: '5', size: '20G' }))).to.equal('Unknown option inodes');
    expect(messageOf(() => parseLayerOptions({ size: '20G', SIZE: '30G' }))).to.include('2 times');
    expect(messageOf(() => parseLayerOptions({ size: '10Q' }))).to.equal("invalid suffix: 'q'");
  });

  it('make a layer as large as wanted, and never smaller than its parent', () => {
    fc.assert(
      fc.property(fc.option(sizes, { nil: undefined }), sizes, (size, parent) => {
        const isTooSmall = size !== undefined && size < parent;
        expect(messageOf(() => layerSize({ size }, parent)) !== undefined).to.equal(isTooSmall);
        if (!isTooSmall) expect(layerSize({ size }, parent)).to.equal(size ?? parent);
      }),
    );
    expect(messageOf(() => layerSize({ size: bytes(5 * GIB) }, bytes(10 * GIB)))).to.equal(
      'devmapper: Container size cannot be smaller than 10.74GB',
    );
  });
});

describe('base size', () => {
  it('grows where a larger one was asked for, and is left alone where none was', () => {
    const ten = bytes(10 * GIB);
    const asked = (baseSize: number, isBaseSizeGiven: boolean) => () =>
      grownBaseSize({ baseSize: bytes(baseSize), isBaseSizeGiven }, ten);
    expect(asked(5 * GIB, false)()).to.equal(ten);
    expect(asked(20 * GIB, false)()).to.equal(ten);
    expect(asked(10 * GIB, true)()).to.equal(ten);
    expect(asked(20 * GIB, true)()).to.equal(20n * 1024n ** 3n);
    expect(messageOf(asked(GIB, true))).to.equal('devmapper: Base device size cannot be smaller than 10.74GB');
  });
});
