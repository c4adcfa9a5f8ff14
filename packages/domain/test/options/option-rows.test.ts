import { DIRECT_LVM_DEFAULTS, LAYER_OPTION_ROWS, OPTION_ROWS, parseStorageOptions } from '@dmthin/domain';
import { expect } from 'chai';

// docker-devicemapper.md 1.2, in its order but for the two devices of direct-lvm.
const KEYS = [
  ...['basesize', 'loopdatasize', 'loopmetadatasize', 'fs', 'mkfsarg', 'mountopt', 'datadev', 'metadatadev'],
  ...['thinpooldev', 'blkdiscard', 'blocksize', 'override_udev_sync_check', 'use_deferred_removal'],
  ...['use_deferred_deletion', 'min_free_space', 'xfs_nospace_max_retries', 'libdm_log_level', 'directlvm_device'],
  ...['directlvm_device_force', 'thinp_percent', 'thinp_metapercent', 'thinp_autoextend_threshold'],
  'thinp_autoextend_percent',
].map((key) => `dm.${key}`);

describe('option table', () => {
  it("has every option of Docker's, once", () => {
    expect(OPTION_ROWS.map(({ key }) => key)).to.deep.equal(KEYS);
    expect(new Set(OPTION_ROWS.map(({ field }) => field)).size).to.equal(KEYS.length);
  });

  it('tells of each what a document needs', () => {
    for (const row of [...OPTION_ROWS, ...LAYER_OPTION_ROWS]) {
      expect(row.effect, row.key).to.match(/^[A-Z].*\.$/u);
      expect(row.syntax, row.key).to.match(/\w/u);
      expect(row.since, row.key).to.match(/^\d+\.\d+/u);
    }
    expect(OPTION_ROWS.filter(({ isDeprecated }) => isDeprecated).map(({ key }) => key)).to.deep.equal([
      'dm.datadev',
      'dm.metadatadev',
    ]);
  });

  it('has one default for each, as a value or as a note, and values that are well formed', () => {
    for (const row of OPTION_ROWS) {
      expect((row.default === undefined) !== (row.defaultNote === undefined), row.key).to.equal(true);
      if (row.default !== undefined) expect(() => parseStorageOptions([`${row.key}=${row.default}`])).not.to.throw();
    }
  });

  it('repeats its defaults where they are given', () => {
    const defaults = OPTION_ROWS.flatMap((row) => (row.default === undefined ? [] : [`${row.key}=${row.default}`]));
    expect(parseStorageOptions(defaults)).to.deep.equal({
      ...parseStorageOptions([]),
      isBaseSizeGiven: true,
      isLoopDataSizeGiven: true,
      isLoopMetadataSizeGiven: true,
    });
  });

  it('adds up where it says so, and nowhere else', () => {
    const samples = ['1G', 'ext4', 'true', '/dev/a', 'p', '1M', '10%', '5', 'x'];
    for (const row of OPTION_ROWS) {
      const value = samples.find((sample) => {
        try {
          return row.parse(sample, undefined) !== undefined;
        } catch {
          return false;
        }
      });
      const once = row.parse(value ?? '', undefined);
      const twice = (row.parse as (text: string, before: unknown) => unknown)(value ?? '', once);
      expect(Array.isArray(once) && Array.isArray(twice) && twice.length === 2, row.key).to.equal(
        row.isRepeatable === true,
      );
    }
  });

  it("says LVM's defaults as they are", () => {
    for (const row of OPTION_ROWS)
      if (row.field in DIRECT_LVM_DEFAULTS)
        expect(row.defaultNote).to.equal(`${DIRECT_LVM_DEFAULTS[row.field as keyof typeof DIRECT_LVM_DEFAULTS]}%`);
  });

  it('marks where it is saner than Docker, by the defect where that has a number', () => {
    const differing = OPTION_ROWS.filter(({ difference }) => difference !== undefined);
    const text = [...differing, ...LAYER_OPTION_ROWS].map(({ difference }) => difference).join(' ');
    for (const defect of [5, 13, 14, 18, 19, 26, 27]) expect(text).to.include(`defect ${defect})`);
  });
});
