import { MS, mountArguments, mountWords, volumeMountWords } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

const PAIRS = {
  ro: ['rw', MS.RDONLY],
  nosuid: ['suid', MS.NOSUID],
  nodev: ['dev', MS.NODEV],
  noexec: ['exec', MS.NOEXEC],
  sync: ['async', MS.SYNCHRONOUS],
  mand: ['nomand', MS.MANDLOCK],
  noatime: ['atime', MS.NOATIME],
  nodiratime: ['diratime', MS.NODIRATIME],
  relatime: ['norelatime', MS.RELATIME],
  strictatime: ['nostrictatime', MS.STRICTATIME],
} as const;
const settings = Object.keys(PAIRS) as (keyof typeof PAIRS)[];
const data = fc.stringMatching(/^[a-z]{3,8}=[a-z0-9]{1,8}$/u);

describe('mount options', () => {
  it('are flags where mount(2) has one, and the rest for the filesystem, in order', () => {
    expect(mountArguments(['nouuid', 'ro', 'discard', 'nosuid'])).to.deep.equal({ flags: 3, data: 'nouuid,discard' });
    expect(mountArguments([])).to.deep.equal({ flags: 0, data: '' });
    expect(mountArguments(['defaults', '', 'rbind'])).to.deep.equal({ flags: MS.BIND | MS.REC, data: '' });
  });

  it('are each undone by their opposite, wherever data stands between', () => {
    fc.assert(
      fc.property(fc.subarray(settings), fc.subarray(settings), fc.array(data), (set, undone, words) => {
        const opposites = undone.map((word) => PAIRS[word][0]);
        const expected = set.filter((word) => !undone.includes(word)).reduce((sum, word) => sum | PAIRS[word][1], 0);
        const result = mountArguments([...set, ...words, ...opposites]);
        expect(result).to.deep.equal({ flags: expected, data: words.join(',') });
      }),
    );
  });

  it('are split at commas, not at those within quotes', () => {
    expect(mountWords('discard,noatime')).to.deep.equal(['discard', 'noatime']);
    expect(mountWords(' a ,, b=1,')).to.deep.equal(['a', 'b=1']);
    expect(mountWords('')).to.deep.equal([]);
    expect(mountWords('ro,context="u:r:t:s0:c1,c2",x')).to.deep.equal(['ro', 'context="u:r:t:s0:c1,c2"', 'x']);
    expect(mountWords('a,"b,c')).to.deep.equal(['a', '"b,c']);
  });

  it('of a volume begin with nouuid for xfs and end with the label', () => {
    expect(volumeMountWords('xfs', ['discard'], 'u:r:t:s0:c1,c2')).to.deep.equal([
      'nouuid',
      'discard',
      'context="u:r:t:s0:c1,c2"',
    ]);
    expect(volumeMountWords('ext4', [], '')).to.deep.equal([]);
  });
});
