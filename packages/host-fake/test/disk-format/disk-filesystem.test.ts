import { DmError, probeFilesystem } from '@dmthin/domain';
import { expect } from 'chai';
import { DiskFilesystem } from '#src/disk-format/disk-filesystem';
import { DiskTransaction, type NewInode } from '#src/disk-format/disk-transaction';
import { formatDisk } from '#src/disk-format/format-disk';
import { NO_ATTRIBUTES, NO_CONTENT } from '#src/disk-format/inode';
import { MemoryDevice } from './memory-device.ts';

const GIB = 2 ** 30;
const UUID = '01234567-89ab-cdef-0123-456789abcdef';
const FILE: NewInode = {
  kind: 'file',
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: -1_500_000_001n,
  major: 0,
  minor: 0,
  content: NO_CONTENT,
  attributes: NO_ATTRIBUTES,
};

describe('a filesystem on its device', () => {
  let device: MemoryDevice;

  beforeEach(() => {
    device = formatted(10 * GIB);
  });

  it('takes two blocks of a pool when it is new, however large it is', () => {
    const groups = new Set([...device.written].map((block) => Math.floor(block / 16)));
    expect(groups.size).to.equal(2);
  });

  it('has the magic and uuid of the real one where that has them', () => {
    expect(probeFilesystem(device.read(0, 0x11000))).to.deep.equal({ type: 'ext4', uuid: UUID });
    expect(probeFilesystem(formatted(GIB, 'xfs').read(0, 0x11000))).to.deep.equal({ type: 'xfs', uuid: UUID });
  });

  it('replaces a btrfs, so that the old magic does not show through', () => {
    device.write(0x10000, Buffer.concat([Buffer.alloc(0x40), Buffer.from('_BHRfS_M'), Buffer.alloc(4096 - 0x48)]));
    expect(probeFilesystem(device.read(0, 0x11000))?.type).to.equal('btrfs');
    format(device, 'ext4');
    expect(probeFilesystem(device.read(0, 0x11000))?.type).to.equal('ext4');
  });

  it('keeps whatever an inode says', () => {
    const inodes: NewInode[] = [
      FILE,
      { ...FILE, mode: 0o7777, uid: 0xffff_ffff, mtime: 4_102_444_800_123_456_789n },
      { ...FILE, kind: 'symlink', content: { size: 3, inline: Buffer.from('abc'), extents: [] } },
      { ...FILE, kind: 'block', major: 4095, minor: 1_048_575 },
      {
        ...FILE,
        attributes: new Map([
          ['user.a', Uint8Array.of(1, 0, 2)],
          ['security.capability', new Uint8Array(9000).fill(7)],
        ]),
      },
      { ...FILE, kind: 'socket' },
    ];
    const transaction = new DiskTransaction(load(device));
    for (const [index, inode] of inodes.entries()) transaction.set(100 + index, inode);
    transaction.commit();
    const loaded = load(device);
    for (const [index, inode] of inodes.entries()) expect(loaded.inode(100 + index)).to.deep.include(plain(inode));
  });

  it('keeps a file in more pieces than its record has room for', () => {
    const filesystem = load(device);
    const transaction = new DiskTransaction(filesystem);
    const extents = Array.from({ length: 500 }, (_, index) =>
      transaction.writeBlocks(index * 3, new Uint8Array(4096).fill(index), 'data'),
    ).flat();
    transaction.set(9, { ...FILE, content: { size: 1500 * 4096, extents } });
    transaction.commit();
    const loaded = load(device);
    expect(loaded.inode(9).content.extents).to.deep.equal(extents);
    expect(loaded.map.used).to.equal(filesystem.map.used);
    expect(loaded.readAll(loaded.inode(9).content)[3 * 77 * 4096]).to.equal(77);
  });

  it('writes a handful of blocks, none of them in use, to change one file among many', () => {
    const filesystem = load(device);
    commitFiles(filesystem, 1000);
    const before = blocksInUse(device);
    device.written.clear();
    const transaction = new DiskTransaction(filesystem);
    const content = transaction.smallContent(new Uint8Array(5000), filesystem.inode(500).content);
    transaction.set(500, { ...FILE, content });
    transaction.commit();
    expect(device.written.size).to.be.at.most(5);
    // A superblock aside.
    expect([...device.written].filter((block) => before.has(block) && block > 2)).to.deep.equal([]);
  });

  it('is as it was where a commit fails at any write', () => {
    for (let writes = 0; ; writes++) {
      device = formatted(GIB);
      const filesystem = load(device);
      commitFiles(filesystem, 50);
      const [used, state] = [filesystem.map.used, describeState(load(device))];
      device.writesLeft = writes;
      let failure: unknown;
      const transaction = new DiskTransaction(filesystem);
      try {
        transaction.set(20, { ...FILE, content: transaction.smallContent(new Uint8Array(9000).fill(1)) });
        transaction.remove(30);
        transaction.commit();
      } catch (error) {
        failure = error;
        transaction.abandon();
      }
      device.writesLeft = Number.POSITIVE_INFINITY;
      if (failure === undefined) return expect(writes).to.be.greaterThan(3);
      expect(DmError.is(failure, 'NO_SPACE')).to.equal(true);
      expect(filesystem.map.used).to.equal(used);
      expect(describeState(load(device))).to.equal(state);
      expect(describeState(filesystem)).to.equal(state);
    }
  });

  it('does not write over what a superblock may point at whose flush failed', () => {
    const filesystem = load(device);
    commitFiles(filesystem, 50);
    const lost = new DiskTransaction(filesystem);
    lost.set(20, { ...FILE, uid: 777 });
    // The first flush, of the blocks, succeeds.
    let flushes = 0;
    device.flush = () => {
      if (++flushes === 2) throw new DmError('IO', 'the flush failed', { errno: 'EIO' });
    };
    expect(() => lost.commit()).to.throw('the flush failed');
    const inUse = blocksInUse(device);
    device.written.clear();
    const next = new DiskTransaction(filesystem);
    next.set(21, { ...FILE, uid: 888 });
    next.commit();
    expect([...device.written].filter((block) => inUse.has(block) && block > 2)).to.deep.equal([]);
    expect(load(device).inode(21).uid).to.equal(888);
    expect(load(device).inode(20).uid).to.equal(1);
  });

  it('refuses metadata that is not what was written', () => {
    const filesystem = load(device);
    commitFiles(filesystem, 50);
    const block = filesystem.table[1]?.block ?? 0;
    const bytes = device.read(block * 4096, 4096);
    bytes[100] = 255;
    device.write(block * 4096, bytes);
    expect(() => load(device))
      .to.throw(DmError, 'checksum')
      .with.property('code', 'CORRUPT');
  });

  it('can note deletions when it is full', () => {
    device = formatted(2 ** 20);
    const filesystem = load(device);
    const fill = new DiskTransaction(filesystem);
    let number = 10;
    expect(() => {
      for (; ; number++) fill.set(number, { ...FILE, content: fill.smallContent(new Uint8Array(300)) });
    }).to.throw('no space left');
    fill.abandon();
    const most = new DiskTransaction(filesystem);
    const extents = most.writeBlocks(0, new Uint8Array((filesystem.map.free - 20) * 4096).fill(1), 'data');
    most.set(10, { ...FILE, content: { size: 1, extents } });
    most.commit();
    expect(() => new DiskTransaction(filesystem).writeBlocks(0, new Uint8Array(80_000), 'data')).to.throw(
      'no space left',
    );
    const removal = new DiskTransaction(filesystem);
    removal.remove(10);
    removal.commit();
    expect(load(device).map.free).to.be.greaterThan(100);
  });
});

function formatted(size: number, type: 'ext4' | 'xfs' = 'ext4'): MemoryDevice {
  const device = new MemoryDevice(size);
  format(device, type);
  return device;
}

function format(device: MemoryDevice, type: 'ext4' | 'xfs'): void {
  formatDisk(device, { type, uuid: UUID, label: 'label', uid: 0, gid: 0, now: 0n });
}

function load(device: MemoryDevice): DiskFilesystem {
  const superblock = DiskFilesystem.superblock(device);
  if (superblock === undefined) throw new Error('there is no superblock');
  return DiskFilesystem.load(device, superblock);
}

function commitFiles(filesystem: DiskFilesystem, count: number): void {
  const transaction = new DiskTransaction(filesystem);
  for (let number = 10; number < 10 + count; number++)
    transaction.set(number, { ...FILE, content: transaction.smallContent(new Uint8Array(300).fill(number)) });
  transaction.commit();
}

function blocksInUse(device: MemoryDevice): Set<number> {
  const { map } = load(device);
  return new Set(Array.from({ length: 20_000 }, (_, block) => block).filter((block) => map.isUsed(block)));
}

function describeState(filesystem: DiskFilesystem): string {
  return JSON.stringify(
    [...filesystem.inodes].sort(([a], [b]) => a - b).map(([number, { uid, content }]) => [number, uid, content]),
  );
}

function plain({ attributes, content, ...rest }: NewInode): object {
  return { ...rest, attributes, content: { inline: undefined, ...content, ...inlineBytes(content.inline) } };
}

function inlineBytes(inline: Uint8Array | undefined): object {
  return inline === undefined ? {} : { inline: Uint8Array.from(inline) };
}
