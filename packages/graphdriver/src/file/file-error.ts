import { codeOfErrno, DmError, type DmErrorDetails, ERRNO, type ErrnoName } from '@dmthin/domain';
import { type RawPath, showPath } from '../path/raw-path.ts';

/** The DmError of a file call that failed on `path`; a DmError is given back as it is. */
export function fileError(
  error: unknown,
  operation: string,
  path: RawPath,
  details: Pick<DmErrorDetails, 'remedy'> = {},
): DmError {
  if (error instanceof DmError) return error;
  const errno = errnoOf(error);
  const shown = showPath(path);
  const reason = errno ?? (error instanceof Error ? error.message : String(error));
  return new DmError(errno === undefined ? 'IO' : codeOfErrno(errno), `cannot ${operation} ${shown}: ${reason}`, {
    ...details,
    errno,
    operation,
    subject: shown,
    cause: error,
  });
}

/** The errno of a rejected file call; undefined where it is none that the domain knows. */
export function errnoOf(error: unknown): ErrnoName | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code in ERRNO ? (code as ErrnoName) : undefined;
}
