import { DmError } from '@dmthin/domain';
import { isUuid, type MkfsSettings, refuse } from './mkfs-settings.ts';

/** Options of mke2fs(8) that take a value, and what the value may be. */
const WITH_VALUE: Readonly<Record<string, RegExp>> = {
  '-b': /^-?(1024|2048|4096|8192|16384|32768|65536|1k|2k|4k)$/u,
  '-C': /^\d+[kKmMgG]?$/u,
  '-E': /./u,
  '-e': /^(continue|remount-ro|panic)$/u,
  '-G': /^\d+$/u,
  '-g': /^\d+$/u,
  '-I': /^(128|256|512|1024|2048|4096)$/u,
  '-i': /^\d+$/u,
  '-J': /^(size|location|device|fast_commit_size)=/u,
  '-L': /^[^\0]{0,16}$/u,
  '-M': /./u,
  '-m': /^([0-4]?\d(\.\d+)?|50(\.0+)?)$/u,
  '-N': /^\d+[kKmMgG]?$/u,
  '-O': /./u,
  '-o': /./u,
  '-r': /^[01]$/u,
  '-T': /./u,
  '-t': /^ext4$/u,
  '-U': /./u,
  '-z': /./u,
};
const FLAGS = new Set(['-c', '-D', '-F', '-j', '-n', '-q', '-S', '-v', '-V']);
const EXTENDED =
  /^(assume_storage_prezeroed(=[01])?|desc_size=\d+|discard|nodiscard|hash_seed=[\w-]+|lazy_itable_init(=[01])?|lazy_journal_init(=[01])?|mmp_update_interval=\d+|no_copy_xattrs|num_backup_sb=[012]|offset=0|orphan_file_size=\d+\w?|packed_meta_blocks(=[01])?|quotatype=[\w:]+|resize=\d+\w?|revision=[01]|root_owner(=\d+:\d+)?|stride=\d+|stripe[_-]width=\d+|test_fs)$/u;
const FEATURES = new Set(
  '64bit bigalloc casefold dir_index dir_nlink ea_inode encrypt ext_attr extent extents extra_isize fast_commit filetype flex_bg has_journal huge_file inline_data journal_dev large_dir large_file metadata_csum metadata_csum_seed meta_bg mmp none orphan_file project quota resize_inode sparse_super sparse_super2 stable_inodes uninit_bg verity'.split(
    ' ',
  ),
);

/**
 * Reads the arguments of mkfs.ext4 that stand before the device.
 * @throws DmError INVALID_ARGUMENT: one that mkfs.ext4 refuses. NOT_SUPPORTED: one this host cannot follow.
 */
export function readExt4Arguments(words: readonly string[], path: string): MkfsSettings {
  const settings = {
    uuid: undefined as string | undefined,
    label: '',
    discards: true,
    uid: 0,
    gid: 0,
    force: true,
    isDryRun: false,
  };
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const option = word.slice(0, 2);
    if (FLAGS.has(word)) {
      settings.isDryRun ||= word === '-n' || word === '-V';
      continue;
    }
    if (word === '-d')
      throw new DmError(
        'NOT_SUPPORTED',
        `mkfs.ext4 ${path}: the fake host does not fill a filesystem from a directory (-d)`,
      );
    const pattern = WITH_VALUE[option];
    if (pattern === undefined)
      throw refuse(
        'ext4',
        path,
        word.startsWith('-') ? `invalid option -- ${word}` : `${word} stands where the device belongs`,
      );
    const value = word.length > 2 ? word.slice(2) : words[++index];
    if (value === undefined) throw refuse('ext4', path, `option ${option} needs a value`);
    if (!pattern.test(value)) throw refuse('ext4', path, `bad value of ${option}: ${value}`);
    if (option === '-E') readExtended(value, path, settings);
    else if (option === '-O') readFeatures(value, path);
    else if (option === '-L') settings.label = value;
    else if (option === '-U') settings.uuid = readUuid(value, path);
  }
  return settings;
}

function readExtended(value: string, path: string, settings: { discards: boolean; uid: number; gid: number }): void {
  for (const word of value.split(',')) {
    if (!EXTENDED.test(word)) throw refuse('ext4', path, `bad option(s) specified: ${word}`);
    if (word === 'discard' || word === 'nodiscard') settings.discards = word === 'discard';
    const owner = /^root_owner=(\d+):(\d+)$/u.exec(word);
    if (owner !== null) [settings.uid, settings.gid] = [Number(owner[1]), Number(owner[2])];
  }
}

function readFeatures(value: string, path: string): void {
  for (const word of value.split(','))
    if (!FEATURES.has(word.replace(/^[\^+-]/u, '')))
      throw refuse('ext4', path, `invalid filesystem option set: ${value}`);
}

function readUuid(value: string, path: string): string | undefined {
  if (value === 'random' || value === 'time') return undefined;
  if (value === 'clear') return '00000000-0000-0000-0000-000000000000';
  if (!isUuid(value)) throw refuse('ext4', path, `could not parse UUID: ${value}`);
  return value.toLowerCase();
}
