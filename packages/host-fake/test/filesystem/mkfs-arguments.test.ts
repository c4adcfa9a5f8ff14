import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { readExt4Arguments } from '#src/filesystem/ext4-arguments';
import { readXfsArguments } from '#src/filesystem/xfs-arguments';

const UUID = 'ABCDEF01-2345-6789-abcd-ef0123456789';

describe('arguments of mkfs', () => {
  it('takes what Docker gives mkfs.ext4', () => {
    const words = ['-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', '-m', '1', '-O', '^64bit,metadata_csum'];
    expect(readExt4Arguments(words, '/dev/x')).to.include({ discards: false, isDryRun: false });
  });

  it('takes options of mkfs.ext4 with their values, joined or apart', () => {
    const words = ['-F', '-q', '-L', 'label', `-U${UUID}`, '-E', 'root_owner=5:6', '-b4096', '-I', '256'];
    expect(readExt4Arguments(words, '/dev/x')).to.include({
      label: 'label',
      uuid: UUID.toLowerCase(),
      uid: 5,
      gid: 6,
      discards: true,
    });
  });

  for (const words of [
    ['-Z'],
    ['--help'],
    ['extra'],
    ['-b', '1000'],
    ['-m', '51'],
    ['-L', 'seventeen letters'],
    ['-U', 'no uuid'],
    ['-E', 'no_such=1'],
    ['-O', 'has_journal,no_such'],
    ['-t', 'ext3'],
    ['-m'],
  ])
    it(`refuses mkfs.ext4 ${words.join(' ')}`, () => {
      expect(() => readExt4Arguments(words, '/dev/x'))
        .to.throw(DmError, 'mkfs.ext4 /dev/x')
        .with.property('code', 'INVALID_ARGUMENT');
    });

  it('takes what Docker gives mkfs.xfs on an old kernel', () => {
    expect(readXfsArguments(['-m', 'crc=0,finobt=0'], '/dev/x')).to.include({ discards: true, force: false });
  });

  it('takes options of mkfs.xfs', () => {
    const words = [
      '-f',
      '-K',
      '-L',
      'label',
      '-m',
      `uuid=${UUID}`,
      '-i',
      'size=512',
      '-n',
      'ftype=1',
      '-s',
      'size=4096',
    ];
    expect(readXfsArguments(words, '/dev/x')).to.include({
      label: 'label',
      uuid: UUID.toLowerCase(),
      discards: false,
      force: true,
    });
  });

  for (const words of [
    ['-Z'],
    ['extra'],
    ['-m', 'crc=2'],
    ['-m', 'crc=0,finobt=1'],
    ['-m', 'uuid=no'],
    ['-L', 'thirteen long'],
    ['-d', 'no_such=1'],
    ['-i'],
  ])
    it(`refuses mkfs.xfs ${words.join(' ')}`, () => {
      expect(() => readXfsArguments(words, '/dev/x'))
        .to.throw(DmError, 'mkfs.xfs /dev/x')
        .with.property('code', 'INVALID_ARGUMENT');
    });
});
