import { type FilesystemType, mountWords } from '@dmthin/domain';
import { hostError } from '../error/host-error.ts';

/** What the options of a mount come to, of all that matters to a fake. */
export interface MountSettings {
  readonly isReadOnly: boolean;
  /** Freed blocks are given back to the device at every write-back. */
  readonly discards: boolean;
  /** xfs: do not look whether a filesystem of the same uuid is mounted. */
  readonly ignoresUuid: boolean;
}

/** Words that every filesystem knows (mount(8), filesystem-independent mount options). */
const GENERIC = words(`
  async atime auto defaults dev diratime dirsync exec group iversion lazytime loud mand nodev nodiratime noatime noauto
  noexec nofail noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow nouser owner relatime ro rw
  silent strictatime suid symfollow sync user users _netdev`);
/** SELinux labels, which security modules take off before the filesystem looks. */
const SECURITY = /^(context|fscontext|defcontext|rootcontext)=.+$|^seclabel$/u;
const EXT4 = words(`
  abort acl auto_da_alloc barrier block_validity bsddf bsdgroups dax debug delalloc dioread_lock dioread_nolock discard
  grpid grpquota i_version init_itable journal_async_commit journal_checksum lazytime minixdf nobarrier noacl
  noauto_da_alloc noblock_validity nodelalloc nodiscard nogrpid noinit_itable nojournal_checksum noload nombcache
  nomblk_io_submit noprefetch_block_bitmaps noquota norecovery nouid32 nouser_xattr oldalloc orlov prjquota quota
  sysvgroups usrquota user_xattr warn_on_error`);
const EXT4_VALUES =
  /^(auto_da_alloc|barrier|commit|debug_want_extra_isize|init_itable|inode_readahead_blks|journal_dev|journal_ioprio|max_batch_time|max_dir_size_kb|mb_optimize_scan|min_batch_time|resgid|resuid|sb|stripe)=\d+$|^data=(journal|ordered|writeback)$|^data_err=(abort|ignore)$|^dax=(always|inode|never)$|^errors=(continue|panic|remount-ro)$|^jqfmt=(vfsold|vfsv0|vfsv1)$|^(usrjquota|grpjquota)=.*$/u;
const XFS = words(`
  attr2 bsdgroups dax discard filestreams gqnoenforce gquota grpid grpquota ikeep inode32 inode64 largeio noalign noattr2
  nodiscard nogrpid noikeep nolargeio norecovery noquota nouuid pqnoenforce pquota prjquota qnoenforce quota swalloc
  sysvgroups uqnoenforce uquota usrquota wsync`);
const XFS_VALUES =
  /^(allocsize|logbsize)=\d+[kKmMgG]?$|^(logbufs|sunit|swidth|max_open_zones)=\d+$|^(logdev|rtdev)=.+$|^dax=(always|inode|never)$/u;

/**
 * Reads the options of a mount as the kernel would.
 * @throws DmError INVALID_ARGUMENT (EINVAL): a word that the filesystem does not know.
 */
export function readMountOptions(type: FilesystemType, options: readonly string[], subject: string): MountSettings {
  const settings = { isReadOnly: false, discards: false, ignoresUuid: false };
  for (const word of options.flatMap(mountWords)) {
    if (!isKnown(type, word))
      throw hostError('mount', subject, 'EINVAL', `${type} does not know the mount option ${JSON.stringify(word)}`, {
        remedy: 'Check dm.mountopt and dm.fs: each filesystem has options of its own.',
      });
    if (word === 'ro' || word === 'rw') settings.isReadOnly = word === 'ro';
    else if (word === 'discard' || word === 'nodiscard') settings.discards = word === 'discard';
    else if (word === 'nouuid') settings.ignoresUuid = true;
  }
  return settings;
}

function isKnown(type: FilesystemType, word: string): boolean {
  if (GENERIC.has(word) || SECURITY.test(word)) return true;
  return type === 'ext4' ? EXT4.has(word) || EXT4_VALUES.test(word) : XFS.has(word) || XFS_VALUES.test(word);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/u));
}
