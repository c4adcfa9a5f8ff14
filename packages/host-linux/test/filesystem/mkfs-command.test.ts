import { expect } from 'chai';
import { growCommand, makeCommands } from '#internal/filesystem/mkfs-command';

describe('the tools of filesystems', () => {
  it("get Docker's arguments, then the user's, one element each, then the device", () => {
    expect(
      makeCommands('/dev/mapper/base', { type: 'ext4', arguments: ['-O ^has_journal', '-L', 'a b'] }),
    ).to.deep.equal([
      [
        'mkfs.ext4',
        '-E',
        'nodiscard,lazy_itable_init=0,lazy_journal_init=0',
        '-O ^has_journal',
        '-L',
        'a b',
        '/dev/mapper/base',
      ],
      ['tune2fs', '-c', '-1', '-i', '0', '/dev/mapper/base'],
    ]);
    expect(makeCommands('/dev/x', { type: 'xfs', arguments: ['-K'] })).to.deep.equal([
      ['mkfs.xfs', '-f', '-K', '/dev/x'],
    ]);
  });

  it('grow xfs by its mount point and ext4 by its device', () => {
    expect(growCommand('/dev/x', '/mnt', 'xfs')).to.deep.equal(['xfs_growfs', '/mnt']);
    expect(growCommand('/dev/x', '/mnt', 'ext4')).to.deep.equal(['resize2fs', '/dev/x']);
  });
});
