import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { readMountOptions } from '#src/mount/mount-options';

describe('mount options', () => {
  const context = 'context="system_u:object_r:container_file_t:s0:c1,c2"';

  it('takes what Docker gives for each filesystem', () => {
    expect(readMountOptions('xfs', ['nouuid', 'discard', context], '/dev/x')).to.deep.equal({
      isReadOnly: false,
      discards: true,
      ignoresUuid: true,
    });
    expect(
      readMountOptions('ext4', ['nodiscard', `ro,noatime,${context}`, 'errors=remount-ro'], '/dev/x'),
    ).to.deep.equal({
      isReadOnly: true,
      discards: false,
      ignoresUuid: false,
    });
  });

  it('lets a later word undo an earlier one', () => {
    expect(readMountOptions('ext4', ['ro', 'rw'], '/dev/x').isReadOnly).to.equal(false);
    expect(readMountOptions('ext4', ['discard,nodiscard'], '/dev/x').discards).to.equal(false);
  });

  for (const [type, word] of [
    ['ext4', 'nouuid'],
    ['ext4', 'logbsize=32k'],
    ['ext4', 'data=sometimes'],
    ['ext4', 'bind'],
    ['xfs', 'data=ordered'],
    ['xfs', 'errors=panic'],
    ['xfs', 'no_such'],
    ['xfs', 'discard=yes'],
  ] as const)
    it(`refuses ${word} for ${type}`, () => {
      expect(() => readMountOptions(type, [word], '/dev/x'))
        .to.throw(DmError, word)
        .with.property('errno', 'EINVAL');
    });
});
