import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';

/** The kernel was closed before this was asked of it. */
export function closedError(operation: string, subject?: string): DmError {
  return new DmError('CLOSED', `device-mapper: ${attempted(operation, subject)}: this kernel was closed`, {
    operation,
    subject,
  });
}

/** The caller's signal fired before dmsetup was run, or while it waited. */
export function abortedError(signal: CancelSignal, operation: string, subject?: string): DmError {
  return new DmError('ABORTED', `device-mapper: ${attempted(operation, subject)} was cancelled`, {
    operation,
    subject,
    cause: signal.reason,
  });
}

export function attempted(operation: string, subject: string | undefined): string {
  return subject === undefined ? operation : `${operation} on "${subject}"`;
}
