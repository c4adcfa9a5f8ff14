import { DmError } from './dm-error.ts';

/** A kernel was closed before `operation` was asked of it. */
export function closedError(operation: string, subject?: string): DmError {
  return new DmError('CLOSED', `device-mapper: ${attempted(operation, subject)}: this kernel was closed`, {
    operation,
    subject,
  });
}

/** The caller's signal fired, for `reason`, before a kernel was asked or while it was waited for. */
export function abortedError(reason: unknown, operation: string, subject?: string): DmError {
  return new DmError('ABORTED', `device-mapper: ${attempted(operation, subject)} was cancelled`, {
    operation,
    subject,
    cause: reason,
  });
}

/** `load on "web"`, as messages have it. */
export function attempted(operation: string, subject?: string): string {
  return subject === undefined ? operation : `${operation} on "${subject}"`;
}
