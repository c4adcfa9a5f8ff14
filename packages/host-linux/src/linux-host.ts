import { DmError } from '@dmthin/domain';
import type {
  BlockDevices,
  FileAttributes,
  Filesystems,
  LastingFiles,
  LoopDevices,
  Mounts,
  SmallFiles,
  VolumeGroups,
} from '@dmthin/ports';
import { LinuxFileAttributes } from './attributes/linux-file-attributes.ts';
import { LinuxBlockDevices } from './device/linux-block-devices.ts';
import { LinuxFiles } from './file/linux-files.ts';
import { LinuxFilesystems } from './filesystem/linux-filesystems.ts';
import { LinuxLoopDevices } from './loop/linux-loop-devices.ts';
import { LinuxVolumeGroups } from './lvm/linux-volume-groups.ts';
import { LinuxMounts } from './mount/linux-mounts.ts';
import { type HostThreads, hostThreads } from './thread/host-threads.ts';

/** This machine, as far as a pool's driver asks anything of it besides device-mapper. */
export interface LinuxHost extends AsyncDisposable {
  readonly blockDevices: BlockDevices;
  readonly loopDevices: LoopDevices;
  readonly filesystems: Filesystems;
  readonly mounts: Mounts;
  readonly fileAttributes: FileAttributes;
  readonly volumeGroups: VolumeGroups;
  readonly files: SmallFiles & LastingFiles;
  /**
   * Ends its threads and lets go of the loop devices it attached: those that no mount and no table uses detach
   * themselves. Block devices that are still open stay so until the process ends.
   */
  close(): Promise<void>;
}

export interface LinuxHostOptions {
  /** Threads that serve `hostCalls` beside something else; they stay the caller's to close, after the host. */
  readonly threads?: HostThreads | undefined;
}

/**
 * Everything that can wait is done by threads of the host's own, which keep no process alive unless they are at work.
 * Most of it needs root (CAP_SYS_ADMIN).
 * @throws DmError UNAVAILABLE: this is not Linux.
 */
export function createLinuxHost(options: LinuxHostOptions = {}): LinuxHost {
  if (process.platform !== 'linux')
    throw new DmError('UNAVAILABLE', `the Linux host needs Linux, this is ${process.platform}`, {
      operation: 'open',
      remedy: 'Run on Linux.',
    });
  const own = options.threads === undefined ? hostThreads() : undefined;
  const threads = own ?? (options.threads as HostThreads);
  const loopDevices = new LinuxLoopDevices(threads);
  const close = async (): Promise<void> => {
    await loopDevices.close();
    await own?.close();
  };
  return {
    blockDevices: new LinuxBlockDevices(threads),
    loopDevices,
    filesystems: new LinuxFilesystems(threads),
    mounts: new LinuxMounts(threads),
    fileAttributes: new LinuxFileAttributes(threads),
    volumeGroups: new LinuxVolumeGroups(),
    files: new LinuxFiles(threads),
    close,
    [Symbol.asyncDispose]: close,
  };
}
