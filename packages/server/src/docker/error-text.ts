import { DmError } from '@dmthin/domain';

/** A failure as Docker shows it to its user, on one line: what failed, what undoing met, and what to do. */
export function errorText(error: unknown): string {
  if (!DmError.is(error)) return `internal error: ${messageOf(error)}`;
  const { message, undoError, remedy } = error;
  const undo = undoError === undefined ? '' : `; taking it back failed too: ${messageOf(undoError)}`;
  return `${message}${undo}${remedy === undefined ? '' : `. ${remedy}`}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
