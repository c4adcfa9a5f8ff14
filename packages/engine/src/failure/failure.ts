import { DmError, type DmErrorCode } from '@dmthin/domain';

/** Only a DmError leaves the engine; another thing that was thrown is its cause. */
export function asDmError(error: unknown): DmError {
  if (error instanceof DmError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DmError('IO', `unexpected failure: ${message}`, { cause: error });
}

/** `error` as it leaves after undoing failed too: its code and remedy, and both causes. */
export function withUndoError(error: unknown, undoError: unknown): DmError {
  const { code, errno, message, operation, remedy, subject } = asDmError(error);
  const both = `${message}; undoing it failed too: ${asDmError(undoError).message}`;
  return new DmError(code, both, { errno, operation, subject, remedy, undoError, cause: error });
}

/** `work`; where that fails, `undo` before its error leaves, with both causes where undoing fails too. */
export async function orUndo<T>(work: Promise<T>, undo: () => Promise<unknown>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    try {
      await undo();
    } catch (undoError) {
      throw withUndoError(error, undoError);
    }
    throw error;
  }
}

/** `error` with what was attempted before its message, and a remedy where it has none; of `code` where it is given. */
export function attempting(attempted: string, error: unknown, remedy?: string, code?: DmErrorCode): DmError {
  const cause = asDmError(error);
  return new DmError(code ?? cause.code, `cannot ${attempted}: ${cause.message}`, {
    errno: cause.errno,
    operation: cause.operation,
    subject: cause.subject,
    remedy: cause.remedy ?? remedy,
    undoError: cause.undoError,
    cause: error,
  });
}

/** `work`, with what was attempted before the message of an error. */
export async function during<T>(attempted: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw attempting(attempted, error);
  }
}
