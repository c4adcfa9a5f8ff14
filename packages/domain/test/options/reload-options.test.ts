import { OPTION_ROWS, parseStorageOptions, reloadOptions } from '@dmthin/domain';
import { expect } from 'chai';

const LIVE = ['dm.min_free_space', 'dm.mountopt', 'dm.xfs_nospace_max_retries'];
/** A value of each option that is not its default. */
const OTHER: Readonly<Record<string, readonly string[]>> = {
  'dm.basesize': ['dm.basesize=11G'],
  'dm.loopdatasize': ['dm.loopdatasize=11G'],
  'dm.loopmetadatasize': ['dm.loopmetadatasize=1G'],
  'dm.fs': ['dm.fs=xfs'],
  'dm.mkfsarg': ['dm.mkfsarg=-q'],
  'dm.mountopt': ['dm.mountopt=noatime'],
  'dm.datadev': ['dm.datadev=/dev/a', 'dm.blkdiscard=true'],
  'dm.metadatadev': ['dm.metadatadev=/dev/b', 'dm.blkdiscard=true'],
  'dm.thinpooldev': ['dm.thinpooldev=/dev/mapper/pool', 'dm.blkdiscard=true'],
  'dm.blkdiscard': ['dm.blkdiscard=false'],
  'dm.blocksize': ['dm.blocksize=128K'],
  'dm.override_udev_sync_check': ['dm.override_udev_sync_check=true'],
  'dm.use_deferred_removal': ['dm.use_deferred_removal=true'],
  'dm.use_deferred_deletion': ['dm.use_deferred_deletion=false'],
  'dm.min_free_space': ['dm.min_free_space=3%'],
  'dm.xfs_nospace_max_retries': ['dm.xfs_nospace_max_retries=0'],
  'dm.libdm_log_level': ['dm.libdm_log_level=7'],
};
const LVM = ['dm.directlvm_device=/dev/c', 'dm.blkdiscard=true'];

describe('options that are given to an open driver', () => {
  const open = parseStorageOptions([]);

  for (const { key } of OPTION_ROWS.filter((row) => row.key in OTHER))
    it(`${LIVE.includes(key) ? 'take up' : 'keep'} ${key}`, () => {
      const wanted = parseStorageOptions(OTHER[key] ?? []);
      const { options, refused } = reloadOptions(open, wanted);
      expect(refused).to.deep.equal(LIVE.includes(key) ? [] : [key]);
      expect(options).to.deep.equal(LIVE.includes(key) ? wanted : open);
    });

  it('keep a set-up of direct-lvm, naming each of its options that differs', () => {
    const before = parseStorageOptions(LVM);
    expect(reloadOptions(before, before)).to.deep.equal({ options: before, refused: [] });
    expect(reloadOptions(open, before).refused).to.include('dm.directlvm_device');
    const larger = parseStorageOptions([...LVM, 'dm.thinp_percent=90', 'dm.thinp_metapercent=2']);
    expect(reloadOptions(before, larger).refused).to.deep.equal(['dm.thinp_percent', 'dm.thinp_metapercent']);
  });

  it('are all looked at', () => {
    const shares = OPTION_ROWS.map(({ key }) => key).filter((key) => !(key in OTHER));
    expect(shares.every((key) => /^dm\.(directlvm|thinp)_/u.test(key))).to.equal(true);
  });
});
