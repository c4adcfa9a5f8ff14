import { bytes, humanSize, parseSize } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const POWERS = { '': 0n, b: 0n, k: 1n, m: 2n, g: 3n, t: 4n, p: 5n };

describe('size syntax', () => {
  it('takes what Docker takes', () => {
    expect(parseSize('10G')).to.equal(10_737_418_240n);
    expect(parseSize('10gb')).to.equal(10_737_418_240n);
    expect(parseSize('10 GiB')).to.equal(10_737_418_240n);
    expect(parseSize('1.5t')).to.equal(1_649_267_441_664n);
    expect(parseSize('1024')).to.equal(1024n);
    expect(parseSize('.5k')).to.equal(512n);
    expect(parseSize('1.')).to.equal(1n);
    expect(parseSize('0')).to.equal(0n);
    expect(parseSize('64 KB')).to.equal(65_536n);
  });

  it('multiplies by a power of 1024 for every suffix, in any case, with a space or none', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 8000n }),
        fc.constantFrom(...(Object.keys(POWERS) as (keyof typeof POWERS)[])),
        fc.constantFrom('', 'b', 'ib'),
        fc.boolean(),
        fc.boolean(),
        (count, letter, ending, isUpper, isSpaced) => {
          const suffix = letter === '' || letter === 'b' ? letter : letter + ending;
          const text = `${count}${isSpaced ? ' ' : ''}${isUpper ? suffix.toUpperCase() : suffix}`;
          expect(parseSize(text)).to.equal(count * 1024n ** POWERS[letter]);
        },
      ),
    );
  });

  it('drops what is below a byte', () => {
    expect(parseSize('1.9')).to.equal(1n);
    expect(parseSize('0.3k')).to.equal(307n);
    expect(parseSize('0.0009k')).to.equal(0n);
  });

  it('is exact where floating point is not', () => {
    expect(parseSize('9007199254740993')).to.equal(9_007_199_254_740_993n);
    expect(parseSize(`${(1n << 63n) - 1n}`)).to.equal((1n << 63n) - 1n);
  });

  it("refuses with Docker's texts", () => {
    const messageOf = (text: string): string | undefined => errorOf(() => parseSize(text))?.message;
    expect(messageOf('')).to.equal("invalid size: ''");
    expect(messageOf('-1')).to.equal("invalid size: '-1'");
    expect(messageOf('-5x')).to.equal("invalid size: '-5x'");
    expect(messageOf('big')).to.equal("invalid size: 'big'");
    expect(messageOf('10Q')).to.equal("invalid suffix: 'q'");
    expect(messageOf('10bb')).to.equal("invalid suffix: 'bb'");
    expect(messageOf('10kk')).to.equal("invalid suffix: 'kk'");
    expect(messageOf('10gigs')).to.equal("invalid suffix: 'gigs'");
    for (const text of [
      '1.2.3',
      '10  G',
      '1 2G',
      ' 1',
      '.',
      '.k',
      '1e3',
      '+1',
      '0x10',
      '1_000',
      `${1n << 63n}`,
      '8192p',
    ])
      expect(messageOf(text), text).to.equal(`invalid size: '${text}'`);
  });

  it('throws nothing but its own error, whatever it is given', () => {
    fc.assert(fc.property(fc.string(), (text) => ['INVALID_ARGUMENT', 'none'].includes(codeOf(() => parseSize(text)))));
  });
});

describe('human size', () => {
  const of = (count: bigint | number): string => humanSize(bytes(count));

  it('prints what docker info prints', () => {
    expect(of(65_536)).to.equal('65.54kB');
    expect(of(10_737_418_240)).to.equal('10.74GB');
    expect(of(107_374_182_400)).to.equal('107.4GB');
    expect(of(2_147_483_648)).to.equal('2.147GB');
    expect(of(0)).to.equal('0B');
    expect(of(512)).to.equal('512B');
    expect(of(1000)).to.equal('1kB');
    expect(of(100_000)).to.equal('100kB');
    expect(of(999_999)).to.equal('1000kB');
    expect(of((1n << 64n) - 1n)).to.equal('18.45EB');
  });

  it('rounds a tie to the even digit, as Go does', () => {
    expect(of(10_125)).to.equal('10.12kB');
    expect(of(10_375)).to.equal('10.38kB');
  });

  it('is never further from the size than half of its fourth digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), (size) => {
        const match = /^(\d+(?:\.\d+)?)([kMGTPEZY]?)B$/u.exec(of(size));
        const shown = Number(match?.[1]) * 1000 ** ' kMGTPEZY'.indexOf(match?.[2] || ' ');
        expect(Math.abs(shown - Number(size)) / Number(size)).to.be.at.most(0.0005001);
        expect(match?.[1]?.replace('.', '').length).to.be.at.most(4);
      }),
    );
  });
});
