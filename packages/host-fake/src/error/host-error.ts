import { codeOfErrno, DmError, type DmErrorDetails, ERRNO, type ErrnoName } from '@dmthin/domain';

/** The error of a host operation that failed with `errno`. `why` ends the sentence "OPERATION SUBJECT: ERRNO, ...". */
export function hostError(
  operation: string,
  subject: string,
  errno: ErrnoName,
  why: string,
  details: Omit<DmErrorDetails, 'errno' | 'operation' | 'subject'> = {},
): DmError {
  // ENOTBLK is "not a block device" here; only in a pool's answer does it mean damage.
  const code = errno === 'ENOTBLK' ? 'INVALID_ARGUMENT' : codeOfErrno(errno);
  return new DmError(code, `${operation} ${subject}: ${errno}, ${why}`, { ...details, errno, operation, subject });
}

/** The code of a Node.js file system error; undefined for any other error. */
export function systemErrno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A failure of the real file system below as a DmError; a DmError stays what it is. */
export function asHostError(operation: string, subject: string, error: unknown): DmError {
  if (DmError.is(error)) return error;
  const code = systemErrno(error);
  const errno: ErrnoName = code !== undefined && code in ERRNO ? (code as ErrnoName) : 'EIO';
  const why = error instanceof Error ? error.message : String(error);
  return hostError(operation, subject, errno, why, { cause: error });
}
