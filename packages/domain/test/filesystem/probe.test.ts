import { filesystemType, PROBE_LENGTH, probeFilesystem } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const UUID = '7210f532-e03f-48ae-90db-37301b263cca';
const UUID_BYTES = Uint8Array.from(UUID.replaceAll('-', '').match(/../gu) ?? [], (hex) => Number.parseInt(hex, 16));
const LAYOUT = {
  ext4: { magic: [0x53, 0xef], at: 0x438, uuidAt: 0x468 },
  xfs: { magic: [...'XFSB'].map((c) => c.charCodeAt(0)), at: 0, uuidAt: 32 },
  btrfs: { magic: [...'_BHRfS_M'].map((c) => c.charCodeAt(0)), at: 0x10040, uuidAt: 0x10020 },
};
type Known = keyof typeof LAYOUT;

function startOf(type: Known, uuid: Uint8Array = UUID_BYTES): Uint8Array {
  const start = new Uint8Array(PROBE_LENGTH);
  start.set(LAYOUT[type].magic, LAYOUT[type].at);
  start.set(uuid, LAYOUT[type].uuidAt);
  return start;
}

describe('probing a filesystem', () => {
  it('knows the three by their magic, with their uuid', () => {
    for (const type of ['ext4', 'xfs', 'btrfs'] as const)
      expect(probeFilesystem(startOf(type))).to.deep.equal({ type, uuid: UUID });
  });

  it('gives an empty uuid where none is set', () => {
    expect(probeFilesystem(startOf('ext4', new Uint8Array(16)))).to.deep.equal({ type: 'ext4', uuid: '' });
  });

  it('knows nothing once a byte of the magic is another', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Known>('ext4', 'xfs', 'btrfs'),
        fc.nat({ max: 7 }),
        fc.integer({ min: 1, max: 255 }),
        (type, index, change) => {
          const { magic, at } = LAYOUT[type];
          const start = startOf(type);
          const place = at + (index % magic.length);
          start[place] = (start[place] ?? 0) ^ change;
          expect(probeFilesystem(start)).to.equal(undefined);
        },
      ),
    );
  });

  it('knows nothing of blank or short starts', () => {
    expect(probeFilesystem(new Uint8Array(PROBE_LENGTH))).to.equal(undefined);
    expect(probeFilesystem(new Uint8Array(0))).to.equal(undefined);
    expect(probeFilesystem(startOf('btrfs').subarray(0, PROBE_LENGTH - 1))).to.equal(undefined);
    expect(probeFilesystem(startOf('xfs').subarray(0, 40))).to.deep.equal({ type: 'xfs', uuid: '' });
  });

  it('takes the first of several in the order of Docker: btrfs, ext4, xfs', () => {
    const both = startOf('ext4');
    both.set(LAYOUT.xfs.magic, 0);
    expect(probeFilesystem(both)?.type).to.equal('ext4');
    both.set(LAYOUT.btrfs.magic, LAYOUT.btrfs.at);
    expect(probeFilesystem(both)?.type).to.equal('btrfs');
  });
});

describe('filesystem type', () => {
  it('is ext4 or xfs, in lower case', () => {
    expect([filesystemType('ext4'), filesystemType('xfs')]).to.deep.equal(['ext4', 'xfs']);
    for (const text of ['', 'EXT4', 'btrfs']) expect(codeOf(() => filesystemType(text))).to.equal('INVALID_ARGUMENT');
    expect(errorOf(() => filesystemType('zfs'))?.message).to.equal('devmapper: Unsupported filesystem zfs');
  });
});
