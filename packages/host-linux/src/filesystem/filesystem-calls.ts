import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DmError, ERRNO, formatDeviceNumber, PROBE_LENGTH, probeFilesystem } from '@dmthin/domain';
import { callLibc, cString } from '@dmthin/libc';
import type { FilesystemInfo } from '@dmthin/ports';
import { closeDevice, identifyDevice, openDevice, readDevice } from '../device/device-calls.ts';
import { attempt, systemError } from '../error/system-error.ts';

/** The largest logical block of a disk. */
const BLOCK = 4096;
const WHOLE_BLOCKS = Math.ceil(PROBE_LENGTH / BLOCK) * BLOCK;

export function probeDevice(path: string): FilesystemInfo | undefined {
  const { fd } = openDevice(path, { readOnly: true });
  try {
    return probeFilesystem(readDevice(path, fd, 0n, WHOLE_BLOCKS));
  } finally {
    closeDevice(path, fd);
  }
}

/** @throws DmError BUSY: a mount or a table has it. */
export function requireUnused(path: string): void {
  closeDevice(path, openDevice(path, { exclusive: true }).fd);
}

/**
 * Whether this kernel can mount it, its module loaded if need be: the kernel looks for the filesystem before it looks
 * at the source, which here can be none.
 */
export function kernelHas(type: string): boolean {
  const { errno } = callLibc('mount', cString('/dev/null'), cString('/'), cString(type), 1, 0);
  return errno !== ERRNO.ENODEV;
}

/** @throws DmError as `Filesystems.setNoSpaceRetries` has it. */
export function setNoSpaceRetries(path: string, retries: bigint): void {
  const number = formatDeviceNumber(identifyDevice(path));
  const name = basename(attempt('open', path, () => readlinkSync(`/sys/dev/block/${number}`)));
  const settings = `/sys/fs/xfs/${name}`;
  if (!existsSync(settings)) throw systemError('set max_retries of', path, 'ENOENT', 'no xfs of it is mounted');
  const file = `${settings}/error/metadata/ENOSPC/max_retries`;
  if (!existsSync(file))
    throw new DmError('NOT_SUPPORTED', `set max_retries of ${path}: this kernel's xfs has no such setting`, {
      operation: 'set max_retries of',
      subject: path,
      remedy: 'Leave dm.xfs_nospace_max_retries out, or use Linux 4.9 or newer.',
    });
  attempt('set max_retries of', path, () => writeFileSync(file, String(retries)));
}
