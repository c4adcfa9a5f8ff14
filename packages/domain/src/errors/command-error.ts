import { DmError, type DmErrorCode, type DmErrorDetails } from './dm-error.ts';
import type { ErrnoName } from './errno.ts';

const CODES: Readonly<Record<ErrnoName, DmErrorCode>> = {
  EPERM: 'NOT_PERMITTED',
  ENOENT: 'NOT_FOUND',
  EINTR: 'ABORTED',
  EIO: 'IO',
  ENXIO: 'NOT_FOUND',
  EBADF: 'CLOSED',
  EAGAIN: 'BUSY',
  ENOMEM: 'NO_SPACE',
  EACCES: 'NOT_PERMITTED',
  EFAULT: 'INVALID_ARGUMENT',
  ENOTBLK: 'CORRUPT',
  EBUSY: 'BUSY',
  EEXIST: 'ALREADY_EXISTS',
  ENODEV: 'NOT_FOUND',
  ENOTDIR: 'INVALID_ARGUMENT',
  EISDIR: 'INVALID_ARGUMENT',
  EINVAL: 'INVALID_ARGUMENT',
  EMFILE: 'NO_SPACE',
  ENOTTY: 'NOT_SUPPORTED',
  ETXTBSY: 'BUSY',
  EFBIG: 'INVALID_ARGUMENT',
  ENOSPC: 'NO_SPACE',
  EROFS: 'READ_ONLY',
  ERANGE: 'INVALID_ARGUMENT',
  ENAMETOOLONG: 'INVALID_ARGUMENT',
  ENOTEMPTY: 'BUSY',
  ELOOP: 'INVALID_ARGUMENT',
  ENODATA: 'NO_DATA',
  EOVERFLOW: 'INVALID_ARGUMENT',
  EILSEQ: 'CORRUPT',
  EOPNOTSUPP: 'NOT_SUPPORTED',
  ETIMEDOUT: 'TIMED_OUT',
  EUCLEAN: 'CORRUPT',
  EDQUOT: 'NO_SPACE',
};

/**
 * The code of an errno, given the device-mapper command that met it: a name that is taken is EBUSY from create and
 * rename (dm-kernel.md 2.2), a pool that takes no messages is EOPNOTSUPP (3.3), and a new block device whose minor is
 * taken is ENXIO (0.2).
 */
export function codeOfErrno(errno: ErrnoName, command?: string): DmErrorCode {
  if (errno === 'EBUSY' && (command === 'create' || command === 'rename')) return 'ALREADY_EXISTS';
  if (errno === 'ENXIO' && command === 'create') return 'ALREADY_EXISTS';
  if (errno === 'EOPNOTSUPP' && command === 'message') return 'READ_ONLY';
  return CODES[errno];
}

/** The error of a device-mapper command that failed with `errno`; every kernel makes its errors here. */
export function commandError(
  command: string,
  device: string,
  errno: ErrnoName,
  details: Omit<DmErrorDetails, 'errno' | 'operation' | 'subject'> & { readonly argument?: string } = {},
): DmError {
  const { argument, ...rest } = details;
  const attempted = argument === undefined ? command : `${command} ${JSON.stringify(argument)}`;
  return new DmError(codeOfErrno(errno, command), `device-mapper: ${attempted} on "${device}" failed: ${errno}`, {
    ...rest,
    errno,
    operation: command,
    subject: device,
  });
}
