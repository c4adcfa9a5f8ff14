import { filesystemType } from '../filesystem/filesystem-type.ts';
import { mountWords } from '../filesystem/mount-options.ts';
import { thinPoolName } from '../name/thin-pool-name.ts';
import { parseBool } from '../size/bool.ts';
import { parseUnsigned } from '../size/unsigned.ts';
import type { AnyOptionRow } from './option-row.ts';
import { blockSize, deviceSize, libdmLogLevel, minFreeSpace, path, share } from './option-values.ts';

const EARLY = '1.7.0 or earlier';
const ZERO = 'Docker takes 0, and fails when it makes the device.';
const GROWN =
  'Docker leaves a pool that is still up as it is; here it is grown while it is in use, where this is given.';
const REPLACED = 'Docker drops it without a word where dm.thinpooldev is given; here the two are refused together.';

/** Every storage option, in the order the documents show them (docker-devicemapper.md 1.2). */
export const OPTION_ROWS: readonly AnyOptionRow[] = [
  {
    key: 'dm.basesize',
    field: 'baseSize',
    syntax: 'SIZE',
    default: '10G',
    effect:
      'Size of the base device, and so of layers made without a size of their own. Given for a base that exists, a larger ' +
      'one grows it for new layers; a smaller one is refused.',
    since: EARLY,
    difference: ZERO,
    parse: deviceSize('dm.basesize'),
  },
  {
    key: 'dm.loopdatasize',
    field: 'loopDataSize',
    syntax: 'SIZE',
    default: '100G',
    effect:
      'Size of the sparse file for data, where the driver makes the pool. Given for a file that is smaller, it grows that and its pool; a file is never shrunk.',
    since: EARLY,
    difference: `${ZERO} ${GROWN}`,
    parse: deviceSize('dm.loopdatasize'),
  },
  {
    key: 'dm.loopmetadatasize',
    field: 'loopMetadataSize',
    syntax: 'SIZE',
    default: '2G',
    effect:
      'Size of the sparse file for metadata, where the driver makes the pool. Given for a file that is smaller, it grows that and its pool; a file is never shrunk.',
    since: EARLY,
    difference: `${ZERO} ${GROWN}`,
    parse: deviceSize('dm.loopmetadatasize'),
  },
  {
    key: 'dm.fs',
    field: 'filesystem',
    syntax: 'ext4|xfs',
    defaultNote: 'xfs where the host can make and mount it, else ext4',
    effect: 'Filesystem of a new base device. A base that exists keeps its own.',
    since: EARLY,
    difference: 'Docker warns that the wish is ignored even where none was given.',
    parse: filesystemType,
  },
  {
    key: 'dm.mkfsarg',
    field: 'mkfsArguments',
    syntax: 'ARGUMENT',
    default: '',
    effect:
      'One more argument for mkfs, when the base device is made. Spaces do not split it: give the option once for each argument.',
    since: EARLY,
    isRepeatable: true,
    difference: 'Docker passes an empty value on as an empty argument; here it adds none.',
    parse: (value, before = []) => (value === '' ? before : [...before, value]),
  },
  {
    key: 'dm.mountopt',
    field: 'mountOptions',
    syntax: 'OPTION[,OPTION]...',
    default: '',
    effect:
      'More options for every mount of a layer. Words that mount(2) has flags for become flags, the rest goes to the filesystem.',
    since: EARLY,
    isRepeatable: true,
    difference: 'Docker hands the word "defaults" to the filesystem, which refuses it; here it does nothing.',
    parse: (value, before = []) => [...before, ...mountWords(value)],
  },
  {
    key: 'dm.datadev',
    field: 'dataDevice',
    syntax: 'PATH',
    default: '',
    effect: 'Block device for the data of a pool that the driver makes, instead of a file.',
    since: EARLY,
    isDeprecated: true,
    difference: `${REPLACED} One device for data and metadata is refused as well.`,
    parse: path,
  },
  {
    key: 'dm.metadatadev',
    field: 'metadataDevice',
    syntax: 'PATH',
    default: '',
    effect:
      'Block device for the metadata of a pool that the driver makes, instead of a file. For a new pool its first 4 KiB must be zeros.',
    since: EARLY,
    isDeprecated: true,
    difference: REPLACED,
    parse: path,
  },
  {
    key: 'dm.thinpooldev',
    field: 'thinPool',
    syntax: 'NAME|/dev/mapper/NAME|/dev/VG/LV',
    default: '',
    effect:
      'A thin pool that is there already, empty when it is first used. It is never made or removed; what its devices have grown by it takes at the start.',
    since: '1.4.0',
    difference:
      "Docker takes any path and looks for it under /dev/mapper, so that it never finds LVM's /dev/VG/LV; here that is found, and " +
      'another path is refused.',
    parse: (value) => (value === '' ? undefined : thinPoolName(value)),
  },
  {
    key: 'dm.blkdiscard',
    field: 'blockDiscard',
    syntax: 'true|false',
    defaultNote: 'true; false with dm.datadev, dm.thinpooldev or dm.directlvm_device',
    effect:
      'Discard all blocks of a layer before it is deleted, so that a sparse file under the pool shrinks. Takes time with large layers.',
    since: EARLY,
    difference:
      'Docker leaves it on with dm.directlvm_device, since it looks before it has set its pool; and it discards before the ' +
      'deletion is on record (defect 5).',
    parse: parseBool,
  },
  {
    key: 'dm.blocksize',
    field: 'blockSize',
    syntax: 'SIZE',
    default: '64K',
    effect:
      'Data block of a pool that the driver makes: 64K to 1G in steps of 64K. Larger blocks take less metadata and copy more.',
    since: EARLY,
    difference:
      'Docker takes any size, wraps above 4 GiB, and fails without a reason when it makes the pool (defect 27).',
    parse: blockSize,
  },
  {
    key: 'dm.override_udev_sync_check',
    field: 'overrideUdevSyncCheck',
    syntax: 'true|false',
    default: 'false',
    effect: 'Start although changes cannot be synchronised with udev. Device nodes may then come late or not at all.',
    since: '1.7.0',
    difference:
      'Docker does not start without udev unless this is true. Here the nodes are made by dmthin itself where no udev runs, so ' +
      'that it starts either way, and this changes nothing.',
    parse: parseBool,
  },
  {
    key: 'dm.use_deferred_removal',
    field: 'deferredRemoval',
    syntax: 'true|false',
    defaultNote: 'true where the kernel can (device-mapper 4.27)',
    effect:
      'Deactivate a device that is still in use later, when its last user lets go, instead of waiting and failing.',
    since: '1.7.0',
    parse: parseBool,
  },
  {
    key: 'dm.use_deferred_deletion',
    field: 'deferredDeletion',
    syntax: 'true|false',
    defaultNote: 'as dm.use_deferred_removal',
    effect:
      'Mark a layer that is still in use as deleted, and delete it later, instead of failing. Needs deferred removal.',
    since: '1.9.0',
    difference:
      'In Docker dm.use_deferred_removal=false alone keeps the daemon from starting (defect 13); here this follows it.',
    parse: parseBool,
  },
  {
    key: 'dm.min_free_space',
    field: 'minFreeSpace',
    syntax: 'PERCENT%',
    default: '10%',
    effect: 'Make no new layer when less than this is free of data or of metadata. 0% for no check.',
    since: '1.11.0',
    difference:
      'A pool that is read-only or must be checked is refused as well, with the reason (defect 18). What is left on the file ' +
      'system under a sparse file counts too (defect 19).',
    parse: minFreeSpace,
  },
  {
    key: 'dm.xfs_nospace_max_retries',
    field: 'xfsNospaceMaxRetries',
    syntax: 'COUNT',
    defaultNote: 'not set: xfs tries for ever',
    effect:
      'How often xfs tries a write again that found the pool full, before the filesystem shuts down. Not for ext4.',
    since: '1.13.0',
    parse: parseUnsigned,
  },
  {
    key: 'dm.libdm_log_level',
    field: 'libdmLogLevel',
    syntax: '2..7',
    default: '2',
    effect:
      'Which messages of libdevmapper are passed on: 2 fatal, 3 error, 4 warning, 5 notice, 6 info, 7 debug. Only a kernel that runs libdevmapper has any.',
    since: '17.07.0',
    difference:
      'Taken and checked, but without effect: no kernel of dmthin is linked to libdevmapper, and what dmsetup says of a failure ' +
      'is in the error itself (defect 14).',
    parse: libdmLogLevel,
  },
  {
    key: 'dm.directlvm_device',
    field: 'directLvmDevice',
    syntax: 'PATH',
    default: '',
    effect:
      'Make an LVM volume group on this block device, and a thin pool docker-thinpool in it. Once only; then the pool is used as it is.',
    since: '17.06.0',
    difference:
      'A set-up that failed or was cut off goes on at the next start, and the device may be named by any of its paths ' +
      '(defect 12). A root whose layers are in another pool is refused.',
    parse: path,
  },
  {
    key: 'dm.directlvm_device_force',
    field: 'directLvmForce',
    syntax: 'true|false',
    default: 'false',
    effect: 'Take the device of dm.directlvm_device although there is a filesystem on it, which is lost.',
    since: '17.06.0',
    parse: parseBool,
  },
  {
    key: 'dm.thinp_percent',
    field: 'thinpPercent',
    syntax: '0..99[%]',
    defaultNote: '95%',
    effect: 'Share of the volume group for data. Give dm.thinp_metapercent too; 0 is as good as not given.',
    since: '17.06.0',
    parse: share('dm.thinp_percent', 99),
  },
  {
    key: 'dm.thinp_metapercent',
    field: 'thinpMetaPercent',
    syntax: '0..99[%]',
    defaultNote: '1%',
    effect: 'Share of the volume group for metadata. Give dm.thinp_percent too; 0 is as good as not given.',
    since: '17.06.0',
    parse: share('dm.thinp_metapercent', 99),
  },
  {
    key: 'dm.thinp_autoextend_threshold',
    field: 'autoExtendThreshold',
    syntax: '0..100[%]',
    defaultNote: '80%',
    effect: 'How full the pool may be before LVM extends it. 100 for never.',
    since: '17.06.0',
    parse: share('dm.thinp_autoextend_threshold', 100),
  },
  {
    key: 'dm.thinp_autoextend_percent',
    field: 'autoExtendPercent',
    syntax: '0..100[%]',
    defaultNote: '20%',
    effect: 'By how much of its size LVM extends the pool.',
    since: '17.06.0',
    parse: share('dm.thinp_autoextend_percent', 100),
  },
];
