import { expect } from 'chai';
import { decodeLoopStatus, encodeLoopConfig, encodeLoopInfo, LO_FLAGS } from '#internal/loop/loop-config';

/** LOOP_GET_STATUS64 of Linux 6.1.176, after `losetup --read-only /dev/loop5 /mnt/a-disk`; stat(2) said 29 and 2. */
const RECORDED: readonly (readonly [offset: number, hex: string])[] = [
  [0, '1d00000000000000'],
  [8, '0200000000000000'],
  [40, '05000000'],
  [52, '01000000'],
  [56, '2f6d6e742f612d6469736b'],
];

describe('the structures of a loop device', () => {
  it('are read as the kernel writes them', () => {
    const info = Buffer.alloc(232);
    for (const [offset, hex] of RECORDED) info.write(hex, offset, 'hex');
    expect(decodeLoopStatus(info)).to.deep.equal({
      device: { major: 0, minor: 29 },
      inode: 2n,
      flags: LO_FLAGS.READ_ONLY,
      fileName: '/mnt/a-disk',
    });
  });

  it('are written as linux/loop.h has them', () => {
    const config = encodeLoopConfig(0x1234, { flags: LO_FLAGS.AUTOCLEAR | LO_FLAGS.DIRECT_IO, fileName: '/mnt/disk' });
    const expected = Buffer.alloc(304);
    expected.writeUInt32LE(0x1234, 0);
    expected.writeUInt32LE(0x14, 60);
    expected.write('/mnt/disk', 64);
    expect(Buffer.from(config).toString('hex')).to.equal(expected.toString('hex'));
  });

  it('cut a long name before its NUL', () => {
    const info = encodeLoopInfo({ flags: 0, fileName: `/${'x'.repeat(100)}` });
    expect(info[56 + 63]).to.equal(0);
    expect(decodeLoopStatus(info).fileName).to.equal(`/${'x'.repeat(62)}`);
  });
});
