import { closeSync, constants, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DmError, ERRNO, mountArguments, mountWords } from '@dmthin/domain';
import { callLibc, cString } from '@dmthin/libc';
import type { MountPoint, MountRequest } from '@dmthin/ports';
import { attempt, errnoOf, must, systemError } from '../error/system-error.ts';
import { parseMountInfo } from './mountinfo.ts';

// sys/mount.h
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** @throws DmError as `Mounts.mount` has it. */
export function mountAt({ source, target, type, options = [] }: MountRequest): void {
  const { flags, data } = mountArguments(options.flatMap(mountWords));
  const words = data === '' ? 0 : cString(data);
  const { result, errno } = callLibc('mount', cString(source), cString(target), cString(type), flags, words);
  if (result === -1) throw mountError({ source, target, type, options }, errno);
}

/** @throws DmError as `Mounts.unmount` has it. */
export function unmountAt(target: string, lazy: boolean): void {
  const lost = writeBack(target);
  const flags = UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0);
  const { result, errno } = callLibc('umount2', cString(target), flags);
  if (result === -1)
    throw errno === ERRNO.EINVAL
      ? systemError('unmount', target, errno, 'nothing is mounted there')
      : systemError('unmount', target, errno);
  if (lost !== undefined) throw lost;
}

export function findMount(target: string): MountPoint | undefined {
  const path = realPath(target);
  return path === undefined ? undefined : listMounts().findLast((mount) => mount.target === path);
}

export function listMounts(): readonly MountPoint[] {
  return parseMountInfo(attempt('list', 'mounts', () => readFileSync('/proc/self/mountinfo')));
}

/** @throws DmError as `Mounts.sync` has it. */
export function syncAt(target: string): void {
  const fd = attempt('sync', target, () => openSync(target, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    must('sync', target, callLibc('syncfs', fd));
  } finally {
    closeSync(fd);
  }
}

/** umount(2) is silent about what it could not write back, and syncfs(2) is not: it goes before. Gives the error. */
function writeBack(target: string): DmError | undefined {
  try {
    if (statSync(target).dev !== statSync(dirname(target)).dev) syncAt(target);
    return undefined;
  } catch (error) {
    return DmError.is(error, 'IO', 'NO_SPACE') ? error : undefined;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    return attempt('find', path, () => {
      throw error;
    });
  }
}

function mountError({ source, target, type, options = [] }: MountRequest, errno: number): DmError {
  const subject = `${source} on ${target}`;
  switch (errno) {
    case ERRNO.ENODEV:
      return new DmError('NOT_SUPPORTED', `mount ${subject}: ENODEV, this kernel has no ${type}`, {
        errno: 'ENODEV',
        operation: 'mount',
        subject,
        remedy: `Load it (modprobe ${type}), or choose another filesystem (dm.fs).`,
      });
    case ERRNO.EINVAL:
      return systemError('mount', subject, errno, `no ${type} is on it, or ${type} does not know ${shown(options)}`, {
        remedy:
          'The kernel log (dmesg) says which. Check dm.mountopt and dm.fs: each filesystem has options of its own.',
      });
    case ERRNO.ENOTBLK:
      return systemError('mount', subject, errno, 'the source is no block device');
    default:
      return systemError('mount', subject, errno);
  }
}

function shown(options: readonly string[]): string {
  return options.length === 0 ? 'its options' : `one of ${options.join(',')}`;
}
