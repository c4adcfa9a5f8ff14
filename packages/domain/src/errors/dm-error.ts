import type { ErrnoName } from './errno.ts';

/**
 * What went wrong, as a closed list that code may switch on. The errno a kernel gave, where it gave one, is in
 * `DmError.errno`; several errnos share a code.
 */
export type DmErrorCode =
  /** A name, size, option, table, message or stream that is not well formed or not allowed (EINVAL and kin). */
  | 'INVALID_ARGUMENT'
  /** No such device, volume, layer or file (ENXIO, ENODEV, ENOENT). */
  | 'NOT_FOUND'
  /** The name or id is taken (EEXIST; EBUSY from a create or rename). */
  | 'ALREADY_EXISTS'
  /** The pool knows no such thin id (ENODATA). */
  | 'NO_DATA'
  /** Open, mounted or referenced by a table (EBUSY). */
  | 'BUSY'
  /** Data, metadata, ids or the host's file system are used up (ENOSPC, EDQUOT). */
  | 'NO_SPACE'
  /** The pool or device takes no changes: read-only, out of metadata, failed (EOPNOTSUPP from a pool, EROFS). */
  | 'READ_ONLY'
  /** This kernel, host or filesystem cannot do that. */
  | 'NOT_SUPPORTED'
  /** Rights are missing (EPERM, EACCES). */
  | 'NOT_PERMITTED'
  /** Bytes on disk or in a stream are not what they should be: checksum, magic, JSON (EILSEQ, ENOTBLK, EUCLEAN). */
  | 'CORRUPT'
  /** The state found does not fit the request: another pool, another base, a transaction id that moved. */
  | 'CONFLICT'
  /** Another process holds the root. */
  | 'LOCKED'
  /** A wait reached its limit. */
  | 'TIMED_OUT'
  /** The caller's AbortSignal fired. */
  | 'ABORTED'
  /** The thing was closed before. */
  | 'CLOSED'
  /** The kernel or program this needs is not there. */
  | 'UNAVAILABLE'
  /** The device below failed (EIO). */
  | 'IO';

export interface DmErrorDetails {
  /** The kernel's errno, where there was one. */
  readonly errno?: ErrnoName | undefined;
  /** What was attempted: `create_snap`, `load`, `mount`, ... */
  readonly operation?: string | undefined;
  /** The device, volume, layer, path or file it was attempted on. */
  readonly subject?: string | undefined;
  /** What a person can do about it; one sentence, shown below the message. */
  readonly remedy?: string | undefined;
  /** The error that undoing met, where undoing failed too. */
  readonly undoError?: unknown;
  readonly cause?: unknown;
}

/** The one error class that leaves the packages. `code` is stable; `message` is for people. */
export class DmError extends Error {
  override readonly name: string = 'DmError';
  readonly code: DmErrorCode;
  readonly errno: ErrnoName | undefined;
  readonly operation: string | undefined;
  readonly subject: string | undefined;
  readonly remedy: string | undefined;
  readonly undoError: unknown;

  constructor(code: DmErrorCode, message: string, details: DmErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.errno = details.errno;
    this.operation = details.operation;
    this.subject = details.subject;
    this.remedy = details.remedy;
    this.undoError = details.undoError;
  }

  /** Whether `value` is a DmError, of one of the given codes where any are given. */
  static is(value: unknown, ...codes: readonly DmErrorCode[]): value is DmError {
    return value instanceof DmError && (codes.length === 0 || codes.includes(value.code));
  }
}
