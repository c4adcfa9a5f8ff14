import { codeOfErrno, DmError, type DmErrorDetails, ERRNO, type ErrnoName, errnoName } from '@dmthin/domain';
import type { LibcReply } from '@dmthin/libc';

type Details = Omit<DmErrorDetails, 'errno' | 'operation' | 'subject'>;

/** The error of a host operation that failed with `errno`. `why` ends the sentence "OPERATION SUBJECT: ERRNO, ...". */
export function systemError(
  operation: string,
  subject: string,
  errno: number | ErrnoName,
  why?: string,
  details: Details = {},
): DmError {
  const name = typeof errno === 'number' ? errnoName(errno) : errno;
  // ENOTBLK is "not a block device" here; only in a pool's answer does it mean damage.
  const code = name === undefined ? 'IO' : name === 'ENOTBLK' ? 'INVALID_ARGUMENT' : codeOfErrno(name);
  const end = why === undefined ? '' : `, ${why}`;
  return new DmError(code, `${operation} ${subject}: ${name ?? `errno ${errno}`}${end}`, {
    ...details,
    errno: name,
    operation,
    subject,
  });
}

/** The result of a system call. @throws DmError by its errno. */
export function must(operation: string, subject: string, { result, errno }: LibcReply): number {
  if (result === -1) throw systemError(operation, subject, errno);
  return result;
}

/** Runs a call of node:fs. @throws DmError by the errno that it met. */
export function attempt<Result>(operation: string, subject: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    if (DmError.is(cause)) throw cause;
    const code = errnoOf(cause);
    if (code === undefined) throw cause;
    throw systemError(operation, subject, code in ERRNO ? (code as ErrnoName) : 'EIO', undefined, { cause });
  }
}

/** The errno of an error of node:fs by its name; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'errno' in error && 'code' in error ? String(error.code) : undefined;
}
