import { DmError, type DmErrorCode, type ErrnoName } from '@dmthin/domain';

/** A DmError as it goes from one thread to another: structured clones of errors lose their class. */
export interface PackedError {
  readonly code: DmErrorCode;
  readonly message: string;
  readonly errno: ErrnoName | undefined;
  readonly operation: string | undefined;
  readonly subject: string | undefined;
  readonly remedy: string | undefined;
  readonly undoError: PackedError | undefined;
  readonly cause: PackedError | undefined;
}

/** Anything else than a DmError is a fault of this package; it stays visible as the text of an IO error. */
export function packError(error: unknown): PackedError {
  if (!(error instanceof DmError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...NOTHING, code: 'IO', message };
  }
  const { code, message, errno, operation, subject, remedy, undoError, cause } = error;
  return {
    ...{ code, message, errno, operation, subject, remedy },
    undoError: undoError === undefined ? undefined : packError(undoError),
    cause: cause === undefined ? undefined : packError(cause),
  };
}

export function unpackError({ code, message, undoError, cause, ...details }: PackedError): DmError {
  return new DmError(code, message, {
    ...details,
    undoError: undoError === undefined ? undefined : unpackError(undoError),
    cause: cause === undefined ? undefined : unpackError(cause),
  });
}

const NOTHING = {
  errno: undefined,
  operation: undefined,
  subject: undefined,
  remedy: undefined,
  undoError: undefined,
  cause: undefined,
};
