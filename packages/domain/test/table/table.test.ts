import {
  checkTable,
  formatTable,
  formatTargetLine,
  MAX_TABLE_LENGTH,
  parseTable,
  parseTargetLine,
  sectors,
  type Table,
  type TargetLine,
  tableLength,
} from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const line = (start: number | bigint, length: number | bigint, type = 'zero', params = ''): TargetLine => ({
  start: sectors(start),
  length: sectors(length),
  type,
  params,
});

const words = fc.stringMatching(/^[a-z0-9/:.+-]{1,12}$/u);
const tables: fc.Arbitrary<Table> = fc
  .array(fc.tuple(fc.bigInt({ min: 1n, max: 1n << 40n }), words, fc.array(words)), { minLength: 1, maxLength: 20 })
  .map((lines) => {
    let start = 0n;
    return lines.map(([length, type, params]) => {
      const made = line(start, length, type, params.join(' '));
      start += length;
      return made;
    });
  });

describe('table', () => {
  it('gives back every table it prints', () => {
    fc.assert(
      fc.property(tables, (table) => {
        expect(parseTable(formatTable(table))).to.deep.equal(table);
      }),
    );
  });

  it("keeps a target's own words to the letter, trailing space and all", () => {
    const pool = parseTargetLine('0 2048 thin-pool 7:0 7:1 128 0 0 ');
    expect(pool).to.deep.equal(line(0, 2048, 'thin-pool', '7:0 7:1 128 0 0 '));
    expect(formatTargetLine(pool)).to.equal('0 2048 thin-pool 7:0 7:1 128 0 0 ');
    expect(parseTargetLine('0 8 zero ')).to.deep.equal(line(0, 8));
  });

  it('passes over blank lines and comments', () => {
    expect(parseTable('# two halves\n\n0 8 zero\n  8 8 error\n')).to.deep.equal([line(0, 8), line(8, 8, 'error')]);
    expect(parseTable('')).to.deep.equal([]);
  });

  it('refuses a line that is none', () => {
    for (const text of ['', '0', '0 8', 'x 8 zero', '-1 8 zero', '0 1.5 zero', `0 ${1n << 64n} zero`])
      expect(
        codeOf(() => parseTargetLine(text)),
        text,
      ).to.equal('INVALID_ARGUMENT');
  });

  it('says which line leaves a gap, overlaps, is empty, too long, or a pool that is not alone', () => {
    const messageOf = (table: Table): string | undefined => errorOf(() => checkTable(table))?.message;
    expect(messageOf([line(0, 8), line(9, 8)])).to.equal('table line "9 8 zero" starts at 9, where 8 is next');
    expect(messageOf([line(0, 8), line(7, 8)])).to.include('where 8 is next');
    expect(messageOf([line(8, 8)])).to.include('where 0 is next');
    expect(messageOf([line(0, 0)])).to.include('is empty');
    expect(messageOf([line(0, MAX_TABLE_LENGTH + 1n)])).to.include('ends beyond');
    expect(messageOf([line(0, 8, 'thin-pool', 'a b 128 0'), line(8, 8)])).to.include('must be the only one');
    expect(messageOf([line(0, MAX_TABLE_LENGTH)])).to.equal(undefined);
  });

  it('is as long as its lines together', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const last = table.at(-1);
        expect(tableLength(table)).to.equal((last?.start ?? 0n) + (last?.length ?? 0n));
      }),
    );
    expect(tableLength([])).to.equal(0n);
  });
});
