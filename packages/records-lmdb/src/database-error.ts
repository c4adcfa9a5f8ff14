import { codeOfErrno, DmError, type DmErrorCode, errnoName } from '@dmthin/domain';

/** LMDB's own (lmdb.h), where what is in the file is not what should be. */
const CORRUPT = new Set([-30_796, -30_797, -30_793, -30_794, -30_781, -30_780]);
/** MDB_MAP_FULL, MDB_TXN_FULL, MDB_READERS_FULL. */
const FULL = new Set([-30_792, -30_788, -30_790]);

/** What LMDB says, by errno or by its own codes. */
export function databaseError(operation: string, file: string, error: unknown): DmError {
  if (DmError.is(error)) return error;
  const value = numberOf(error);
  const errno = value === undefined ? undefined : errnoName(value);
  const code: DmErrorCode = errno === undefined ? ownCode(value) : codeOfErrno(errno);
  const reason = error instanceof Error ? error.message : String(error);
  return new DmError(code, `cannot ${operation} in the records of ${file}: ${reason}`, {
    errno,
    operation,
    subject: file,
    remedy: code === 'CORRUPT' ? 'Restore the file from a copy, or begin with an empty root.' : undefined,
    cause: error,
  });
}

/** A change that failed with its batch has the reason in `commitError`, which LMDB's binding also wraps. */
function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, commitError } = error as Error & { readonly code?: unknown; readonly commitError?: unknown };
  return typeof code === 'number' ? code : numberOf(commitError ?? error.cause);
}

function ownCode(value: number | undefined): DmErrorCode {
  if (value === undefined) return 'IO';
  if (CORRUPT.has(value)) return 'CORRUPT';
  return FULL.has(value) ? 'NO_SPACE' : 'IO';
}
