import { OPTION_ROWS, parseStorageOptions } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const messageOf = (...list: string[]): string | undefined => errorOf(() => parseStorageOptions(list))?.message;
const GIB = 1024n ** 3n;

describe('storage options', () => {
  it("have Docker's defaults", () => {
    expect(parseStorageOptions([])).to.deep.equal({
      baseSize: 10n * GIB,
      isBaseSizeGiven: false,
      isLoopDataSizeGiven: false,
      isLoopMetadataSizeGiven: false,
      loopDataSize: 100n * GIB,
      loopMetadataSize: 2n * GIB,
      filesystem: undefined,
      mkfsArguments: [],
      mountOptions: [],
      dataDevice: undefined,
      metadataDevice: undefined,
      thinPool: undefined,
      directLvm: undefined,
      blockDiscard: true,
      blockSize: 128n,
      overrideUdevSyncCheck: false,
      deferredRemoval: undefined,
      deferredDeletion: undefined,
      minFreeSpace: 10,
      xfsNospaceMaxRetries: undefined,
      libdmLogLevel: 2,
    });
  });

  it('are read with spaces around, the key in any case, and split at the first =', () => {
    const options = parseStorageOptions([' DM.BaseSize = 20G ', 'dm.mkfsarg=-E=nodiscard', 'dm.fs=ext4']);
    expect(options).to.include({ baseSize: 20n * GIB, isBaseSizeGiven: true, filesystem: 'ext4' });
    expect(options.mkfsArguments).to.deep.equal(['-E=nodiscard']);
  });

  it('are replaced by the last of their key, but mkfsarg and mountopt add up', () => {
    const options = parseStorageOptions([
      ...['dm.basesize=1G', 'dm.basesize=2G', 'dm.mkfsarg=-O ^has_journal', 'dm.mkfsarg=', 'dm.mkfsarg=-q'],
      ...['dm.mountopt=discard,noatime', 'dm.mountopt=', 'dm.mountopt=ro', 'dm.datadev=/dev/a', 'dm.datadev='],
    ]);
    expect(options.baseSize).to.equal(2n * GIB);
    expect(options.mkfsArguments).to.deep.equal(['-O ^has_journal', '-q']);
    expect(options.mountOptions).to.deep.equal(['discard', 'noatime', 'ro']);
    expect(options.dataDevice).to.equal(undefined);
  });

  it('of one call do not show in the next', () => {
    parseStorageOptions(['dm.basesize=20G', 'dm.mkfsarg=-q', 'dm.use_deferred_removal=true']);
    expect(parseStorageOptions([])).to.deep.include({ isBaseSizeGiven: false, mkfsArguments: [] });
  });

  it('all have values of their own', () => {
    const options = parseStorageOptions([
      ...['dm.loopdatasize=200G', 'dm.loopmetadatasize=4G', 'dm.thinpooldev=/dev/mapper/docker-thinpool'],
      ...['dm.blocksize=512K', 'dm.override_udev_sync_check=T', 'dm.use_deferred_removal=1', 'dm.min_free_space=0%'],
      ...['dm.use_deferred_deletion=False', 'dm.xfs_nospace_max_retries=5', 'dm.libdm_log_level=7', 'dm.fs=xfs'],
    ]);
    expect(options).to.deep.include({
      loopDataSize: 200n * GIB,
      loopMetadataSize: 4n * GIB,
      thinPool: 'docker-thinpool',
      blockSize: 1024n,
      overrideUdevSyncCheck: true,
      deferredRemoval: true,
      deferredDeletion: false,
      minFreeSpace: 0,
      xfsNospaceMaxRetries: 5n,
      libdmLogLevel: 7,
      filesystem: 'xfs',
    });
  });

  it('discard before deletion unless the pool stands on devices of its own, or it is said', () => {
    const discards = (...list: string[]): boolean => parseStorageOptions(list).blockDiscard;
    expect(discards('dm.metadatadev=/dev/m')).to.equal(true);
    expect(discards('dm.datadev=/dev/d')).to.equal(false);
    expect(discards('dm.thinpooldev=p')).to.equal(false);
    expect(discards('dm.directlvm_device=/dev/d')).to.equal(false);
    expect(discards('dm.datadev=/dev/d', 'dm.blkdiscard=true')).to.equal(true);
    expect(discards('dm.blkdiscard=false')).to.equal(false);
  });

  it('make a direct-lvm set-up of what was given, 0 as good as not', () => {
    const directLvm = (...list: string[]) => parseStorageOptions(['dm.directlvm_device=/dev/xvdf', ...list]).directLvm;
    expect(directLvm()).to.deep.equal({ device: '/dev/xvdf', force: false });
    expect(
      directLvm('dm.thinp_percent=90%', 'dm.thinp_metapercent=2', 'dm.thinp_autoextend_threshold=0'),
    ).to.deep.equal({
      device: '/dev/xvdf',
      force: false,
      thinpPercent: 90,
      thinpMetaPercent: 2,
    });
    expect(directLvm('dm.directlvm_device_force=true', 'dm.thinp_autoextend_percent=100')).to.deep.equal({
      device: '/dev/xvdf',
      force: true,
      autoExtendPercent: 100,
    });
    expect(parseStorageOptions(['dm.directlvm_device_force=true', 'dm.thinp_percent=0']).directLvm).to.equal(undefined);
  });

  it("are refused with Docker's texts where they are no options", () => {
    expect(messageOf('dm.basesize')).to.equal('unable to parse key/value option: dm.basesize');
    expect(messageOf('')).to.equal('unable to parse key/value option: ');
    expect(messageOf('dm.no_warn_on_loop_devices=true')).to.equal(
      'devmapper: Unknown option dm.no_warn_on_loop_devices',
    );
    expect(messageOf('overlay2.size=1G')).to.equal('devmapper: Unknown option overlay2.size');
    expect(messageOf('dm.constructor=1')).to.equal('devmapper: Unknown option dm.constructor');
    expect(messageOf('dm.basesize=big')).to.equal("could not parse `dm.basesize=big`: invalid size: 'big'");
    expect(messageOf('dm.basesize=10Q')).to.equal("could not parse `dm.basesize=10Q`: invalid suffix: 'q'");
    expect(messageOf('dm.basesize=-1')).to.include("invalid size: '-1'");
    expect(messageOf('dm.fs=EXT4')).to.equal('devmapper: Unsupported filesystem EXT4');
    expect(messageOf('dm.blkdiscard=yes')).to.equal(
      'could not parse `dm.blkdiscard=yes`: strconv.ParseBool: parsing "yes": invalid syntax',
    );
    expect(messageOf('dm.min_free_space=10')).to.equal('devmapper: Option dm.min_free_space requires % suffix');
    expect(messageOf('dm.min_free_space=100%')).to.equal('devmapper: Invalid value 100% for option dm.min_free_space');
    expect(messageOf('dm.min_free_space=-1%')).to.include('strconv.ParseUint: parsing "-1": invalid syntax');
    expect(messageOf('dm.libdm_log_level=1')).to.equal('dm.libdm_log_level must be in range [2,7]');
    expect(messageOf('dm.libdm_log_level=8')).to.equal('dm.libdm_log_level must be in range [2,7]');
    expect(messageOf('dm.libdm_log_level=debug')).to.include('could not parse `dm.libdm_log_level=debug`');
    expect(messageOf('dm.xfs_nospace_max_retries=-1')).to.include('invalid syntax');
    expect(messageOf('dm.xfs_nospace_max_retries=18446744073709551616')).to.include('value out of range');
    for (const key of ['dm.thinp_percent', 'dm.thinp_metapercent']) {
      expect(messageOf(`${key}=100`)).to.equal(`${key} must be greater than 0 and less than 100`);
      expect(messageOf(`${key}=x%`)).to.include(`could not parse \`${key}=x%\``);
    }
    for (const key of ['dm.thinp_autoextend_threshold', 'dm.thinp_autoextend_percent'])
      expect(messageOf(`${key}=101`)).to.equal(`${key} must be greater than 0 and less than 100`);
  });

  it('are refused where the kernel would refuse what they make (defect 27)', () => {
    for (const size of ['0', '1', '1000', '32K', '65K', '2G', '8G', '4294967296'])
      expect(
        codeOf(() => parseStorageOptions([`dm.blocksize=${size}`])),
        size,
      ).to.equal('INVALID_ARGUMENT');
    expect(errorOf(() => parseStorageOptions(['dm.blocksize=32K']))?.remedy).to.include('64 KiB to 1 GiB');
    for (const key of ['dm.basesize', 'dm.loopdatasize', 'dm.loopmetadatasize'])
      expect(messageOf(`${key}=0`)).to.include(`${key}=0`);
    expect(messageOf('dm.thinpooldev=/dev/disk/by-id/pool')).to.include('/dev/disk/by-id/pool');
  });

  it('are refused where they contradict each other', () => {
    expect(messageOf('dm.thinpooldev=p', 'dm.directlvm_device=/dev/d')).to.equal(
      'cannot setup direct-lvm when `dm.thinpooldev` is also specified',
    );
    expect(messageOf('dm.thinp_percent=90', 'dm.thinp_metapercent=1')).to.equal(
      'must provide device path in `dm.directlvm_device` in order to configure direct-lvm',
    );
    expect(messageOf('dm.directlvm_device=/dev/d', 'dm.thinp_percent=90')).to.equal(
      'must set both `dm.thinp_percent` and `dm.thinp_metapercent` if either is specified',
    );
    expect(messageOf('dm.directlvm_device=/dev/d', 'dm.thinp_percent=90', 'dm.thinp_metapercent=11')).to.equal(
      'combined `dm.thinp_percent` and `dm.thinp_metapercent` must not be greater than 100',
    );
    expect(messageOf('dm.use_deferred_removal=false', 'dm.use_deferred_deletion=true')).to.match(
      /^devmapper: Deferred deletion can not be enabled as deferred removal is not enabled\. /u,
    );
    for (const outside of ['dm.thinpooldev=p', 'dm.directlvm_device=/dev/x'])
      for (const inside of ['dm.datadev=/dev/d', 'dm.metadatadev=/dev/d'])
        expect(messageOf(outside, inside)).to.include(outside.split('=')[0]);
    expect(messageOf('dm.datadev=/dev/d', 'dm.metadatadev=/dev/d')).to.include('both /dev/d');
  });

  it('name the key that was most likely meant', () => {
    const remedyOf = (key: string): string | undefined => errorOf(() => parseStorageOptions([`${key}=1`]))?.remedy;
    expect(remedyOf('basesize')).to.equal('Did you mean dm.basesize?');
    expect(remedyOf('dm.base_size')).to.equal('Did you mean dm.basesize?');
    expect(remedyOf('dm.min-free-space')).to.equal('Did you mean dm.min_free_space?');
    expect(remedyOf('dm.thinpooldevice')).to.equal('Did you mean dm.thinpooldev?');
    expect(remedyOf('dm.xfs-nospace-max-retry')).to.equal('Did you mean dm.xfs_nospace_max_retries?');
    expect(remedyOf('dm.quota')).to.include('dmthin help options');
    expect(remedyOf('x'.repeat(100_000))).to.include('dmthin help options');
    fc.assert(
      fc.property(fc.constantFrom(...OPTION_ROWS), fc.nat(), ({ key }, place) => {
        const at = 3 + (place % (key.length - 3));
        const misspelt = `${key.slice(0, at)}${key.slice(at + 1)}`;
        expect(remedyOf(misspelt)).to.equal(`Did you mean ${key}?`);
      }),
    );
  });

  it('throw nothing but their own error, whatever they are given', () => {
    const keys = fc.oneof(fc.constantFrom(...OPTION_ROWS.map(({ key }) => key)), fc.string());
    const values = fc.oneof(fc.string(), fc.constantFrom('1G', 'true', '50%', '5', 'xfs', '/dev/a', '-1', '0'));
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, values)), (pairs) => {
        const list = pairs.map(([key, value]) => `${key}=${value}`);
        expect(codeOf(() => parseStorageOptions(list))).to.be.oneOf(['none', 'INVALID_ARGUMENT']);
      }),
      { numRuns: 500 },
    );
  });
});
