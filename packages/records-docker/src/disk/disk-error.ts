import { codeOfErrno, DmError, type DmErrorCode, type DmErrorDetails, ERRNO, type ErrnoName } from '@dmthin/domain';

const REMEDIES: Partial<Record<DmErrorCode, string>> = {
  NO_SPACE: 'Free space or inodes on the file system that holds it, then try again.',
  NOT_PERMITTED: 'Run as the owner of the root (often with sudo), or give this user write permission.',
  NOT_FOUND: 'Name a root where directories can be made; one of this path is not there.',
  INVALID_ARGUMENT: 'Name another root: a part of this path is a file, or a name in it is too long.',
  READ_ONLY: 'Mount the file system read-write, or use a root on another one.',
};

/** The error of a file operation, in the domain's words: "save record of web-41: /var/... : no space (ENOSPC)". */
export function diskError(operation: string, path: string, cause: unknown, details: DmErrorDetails = {}): DmError {
  if (DmError.is(cause)) return cause;
  const errno = errnoOf(cause);
  const code = errno === undefined ? 'IO' : codeOfErrno(errno);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DmError(code, `cannot ${operation} ${path}: ${reason}`, {
    operation,
    subject: path,
    errno,
    remedy: REMEDIES[code],
    cause,
    ...details,
  });
}

/** The same for what another port met. */
export function portError(cause: DmError): DmError {
  const { code, errno, message, operation, subject, undoError } = cause;
  return new DmError(code, `cannot ${message}`, {
    ...{ operation, subject, errno, undoError, cause },
    remedy: cause.remedy ?? REMEDIES[code],
  });
}

/** Node's `code` of an error, where it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function errnoOf(error: unknown): ErrnoName | undefined {
  const code = codeOf(error);
  return code !== undefined && code in ERRNO ? (code as ErrnoName) : undefined;
}
