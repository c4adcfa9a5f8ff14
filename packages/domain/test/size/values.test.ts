import { parseBool, parsePercent, percent } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

describe('percent syntax', () => {
  it('is a whole number of 0 to 100, with % or without', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (value) => {
        expect(parsePercent(`${value}%`)).to.equal(value);
        expect(parsePercent(`${value}`)).to.equal(value);
        expect(percent(value)).to.equal(value);
      }),
    );
    for (const text of ['', '%', '-1', '101', '1.5', '5%%', '% 5', 'x', `${10n ** 30n}`])
      expect(
        codeOf(() => parsePercent(text)),
        text,
      ).to.equal('INVALID_ARGUMENT');
    for (const value of [-1, 101, 0.5, Number.NaN]) expect(codeOf(() => percent(value))).to.equal('INVALID_ARGUMENT');
  });
});

describe('bool syntax', () => {
  it("is Go's", () => {
    for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) expect(parseBool(text)).to.equal(true);
    for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) expect(parseBool(text)).to.equal(false);
    for (const text of ['', 'yes', 'tRUE', '2', ' true'])
      expect(codeOf(() => parseBool(text))).to.equal('INVALID_ARGUMENT');
    expect(errorOf(() => parseBool('no'))?.message).to.equal('strconv.ParseBool: parsing "no": invalid syntax');
  });
});
