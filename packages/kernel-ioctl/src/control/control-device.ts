import { closeSync, openSync } from 'node:fs';
import { DmError, type DmErrorCode, type ErrnoName } from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';
import type { IoctlReply } from '@dmthin/ports';

/** Made by the kernel (devtmpfs) or by whoever set the container up; misc device 10:236. */
export const CONTROL_PATH = '/dev/mapper/control';

/** The open control device of the running kernel. */
export interface ControlDevice {
  readonly fd: number;
  /** One ioctl(2), answered before it returns: not for the event loop. */
  ioctl(request: number, buffer: Uint8Array): IoctlReply;
  close(): void;
}

/**
 * Opens the control device: the only way to find out whether there is a device-mapper (the node may be there without
 * its driver).
 * @throws DmError NOT_PERMITTED: no rights. UNAVAILABLE: not Linux, no node, no driver.
 */
export function openControlDevice(path: string = CONTROL_PATH): ControlDevice {
  if (process.platform !== 'linux')
    throw new DmError('UNAVAILABLE', `device-mapper is Linux's, this is ${process.platform}`, {
      operation: 'open',
      subject: path,
      remedy: 'Run on Linux.',
    });
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    throw openError(path, error as NodeJS.ErrnoException);
  }
  return {
    fd,
    ioctl: (request, buffer) => callLibc('ioctl', fd, request, buffer),
    close: () => closeSync(fd),
  };
}

const FAULTS: Readonly<Record<string, readonly [DmErrorCode, meaning: string, remedy: string]>> = {
  EACCES: ['NOT_PERMITTED', 'no rights', 'Run as root, or with CAP_SYS_ADMIN and write access to the node.'],
  EPERM: ['NOT_PERMITTED', 'not allowed', 'Run as root; in a container, allow device 10:236 and CAP_SYS_ADMIN.'],
  ENOENT: [
    'UNAVAILABLE',
    'there is no such node',
    'Load the driver (modprobe dm_mod), or give the container this device.',
  ],
  ENODEV: ['UNAVAILABLE', 'the kernel has no device-mapper driver', 'Load it: modprobe dm_mod dm_thin_pool.'],
  ENXIO: ['UNAVAILABLE', 'the kernel has no device-mapper driver', 'Load it: modprobe dm_mod dm_thin_pool.'],
};

function openError(path: string, cause: NodeJS.ErrnoException): DmError {
  const [code, meaning, remedy] = FAULTS[cause.code ?? ''] ?? ['UNAVAILABLE', 'it cannot be opened', undefined];
  return new DmError(code, `device-mapper: cannot open ${path}: ${meaning} (${cause.code})`, {
    errno: cause.code as ErrnoName,
    operation: 'open',
    subject: path,
    remedy,
    cause,
  });
}
