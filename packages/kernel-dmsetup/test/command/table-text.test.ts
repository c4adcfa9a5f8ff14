import { DmError, sectors, type TargetLine } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { tableText } from '#internal/command/table-text';

const line = (params: string, type = 'linear'): TargetLine => ({
  start: sectors(0),
  length: sectors(8),
  type,
  params,
});

function codeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return DmError.is(error) ? error.code : error;
  }
}

/** How the kernel takes parameters apart (drivers/md/dm-table.c, dm_split_args). */
function kernelWords(params: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < params.length; index += 1) {
    const character = params[index] as string;
    if (character === '\\' && index + 1 < params.length) {
      index += 1;
      word = (word ?? '') + params[index];
    } else if (/\s/u.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  return word === undefined ? words : [...words, word];
}

describe('a table for dmsetup', () => {
  it('is a line for each target', () => {
    const second = { ...line('', 'error'), start: sectors(8) };
    expect(tableText([line('7:0 0'), second])).to.equal('0 8 linear 7:0 0\n8 8 error\n');
  });

  it('gives the kernel the words it would have from an ioctl, or is refused', () => {
    const words = fc.string({ unit: fc.constantFrom('\\', ' ', 'a', 'ü', '\t', '/', ':') });
    fc.assert(
      fc.property(words, (params) => {
        let text: string;
        try {
          text = tableText([line(params)]);
        } catch (error) {
          expect(error).to.have.property('code', 'NOT_SUPPORTED');
          expect(params).to.match(/\\\s/u);
          return;
        }
        // libdm doubles each backslash.
        const sent = text.slice('0 8 linear'.length).replaceAll('\\', '\\\\');
        expect(kernelWords(sent)).to.deep.equal(kernelWords(params));
      }),
      { numRuns: 500 },
    );
  });

  it('cannot be made to say another', () => {
    for (const params of ['7:0 0\n8 8 zero', '7:0\0 0'])
      expect(codeOf(() => tableText([line(params)]))).to.equal('INVALID_ARGUMENT');
    for (const type of ['', 'a b', 'zero\n0', 'sixteen-letters-', 'ü'.repeat(8)])
      expect(
        codeOf(() => tableText([line('', type)])),
        type,
      ).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => tableText([line('/dev/a#b 0')]))).to.equal('NOT_SUPPORTED');
    const huge = { ...line('7:0 0'), length: sectors(1n << 64n) };
    expect(codeOf(() => tableText([huge]))).to.equal('INVALID_ARGUMENT');
  });
});
