import type { FilesystemType } from '@dmthin/domain';
import type { MakeOptions } from '@dmthin/ports';

/** A program and its arguments, as execve(2) takes them. */
export type CommandLine = readonly [program: string, ...args: readonly string[]];

/** What is run, in this order, to make a filesystem: Docker's arguments (docker-devicemapper.md 6.6). */
export function makeCommands(path: string, { type, arguments: more = [] }: MakeOptions): readonly CommandLine[] {
  if (type === 'xfs')
    // -f: what was there is lost, as it is with mkfs.ext4 that has no terminal to ask at.
    return [['mkfs.xfs', '-f', ...more, path]];
  return [
    ['mkfs.ext4', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', ...more, path],
    // No check by number of mounts or by time: it would come at some mount, for no reason that anybody sees.
    ['tune2fs', '-c', '-1', '-i', '0', path],
  ];
}

/** Docker gives xfs_growfs the device; that some releases refuse, and all take the mount point. */
export function growCommand(path: string, mountPoint: string, type: FilesystemType): CommandLine {
  return type === 'xfs' ? ['xfs_growfs', mountPoint] : ['resize2fs', path];
}
