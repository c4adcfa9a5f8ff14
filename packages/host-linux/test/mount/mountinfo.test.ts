import { expect } from 'chai';
import fc from 'fast-check';
import { parseMountInfo } from '#internal/mount/mountinfo';

const parse = (text: string): ReturnType<typeof parseMountInfo> => parseMountInfo(Buffer.from(text));

describe('mountinfo', () => {
  it('is read as a real kernel writes it, whatever optional fields there are', () => {
    const text = `22 1 0:20 / / rw,relatime shared:1 - hostfs hostfs rw,/
34 22 7:3 / /mnt/a rw,noatime - ext4 /dev/loop3 rw,discard
35 22 254:5 /sub /mnt/b ro,nosuid,nodev master:3 propagate_from:2 - xfs /dev/mapper/docker-254:1-12-base ro,nouuid
36 34 0:45 / /mnt/a rw shared:9 unbindable - fuse.sshfs user@host: rw
`;
    expect(parse(text)).to.deep.equal([
      { target: '/', source: 'hostfs', type: 'hostfs', number: { major: 0, minor: 20 } },
      { target: '/mnt/a', source: '/dev/loop3', type: 'ext4', number: { major: 7, minor: 3 } },
      {
        target: '/mnt/b',
        source: '/dev/mapper/docker-254:1-12-base',
        type: 'xfs',
        number: { major: 254, minor: 5 },
      },
      { target: '/mnt/a', source: 'user@host:', type: 'fuse.sshfs', number: { major: 0, minor: 45 } },
    ]);
  });

  it('undoes the octal escapes, and those only', () => {
    const [mount] = parse(String.raw`1 1 8:1 / /a\040b\011c\012d\134e\043f\\134x rw - ext4 /dev/s\040x rw`);
    expect(mount?.target).to.equal('/a b\tc\nd\\e#f\\\\x');
    expect(mount?.source).to.equal('/dev/s x');
  });

  it('takes an empty source, a dash as a name, and no lines at all', () => {
    expect(parse('1 1 0:5 / /t rw -  rw\n')[0]).to.include({ target: '/t', type: '', source: 'rw' });
    expect(parse('1 1 0:5 / /t rw - tmpfs  rw\n')[0]).to.include({ type: 'tmpfs', source: '' });
    expect(parse('1 1 0:5 / - rw - tmpfs - rw\n')[0]).to.include({ target: '-', type: 'tmpfs', source: '-' });
    expect(parse('')).to.deep.equal([]);
  });

  it('gives back any name that the kernel mangles', () => {
    const mangled = (name: string): string =>
      name.replace(/[ \t\n\\#]/gu, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: fc.constantFrom(' ', '\\', '0', '4', '\n', '#') }),
        (any, hard) => {
          const target = `/${any}${hard}`.replaceAll('\0', '');
          expect(parse(`1 1 8:1 / ${mangled(target)} rw - ext4 /dev/sda rw\n`)[0]?.target).to.equal(target);
        },
      ),
    );
  });
});
