import { DmError, type DmErrorCode } from '@dmthin/domain';
import { toJson } from './json.ts';

/** The exit status of each error code; part of the interface (docs/cli.md). */
export const EXIT_STATUS: Readonly<Record<DmErrorCode, number>> = {
  INVALID_ARGUMENT: 2,
  NOT_FOUND: 3,
  NO_DATA: 3,
  ALREADY_EXISTS: 4,
  BUSY: 5,
  NO_SPACE: 6,
  NOT_PERMITTED: 7,
  READ_ONLY: 7,
  LOCKED: 8,
  CORRUPT: 9,
  CONFLICT: 9,
  UNAVAILABLE: 10,
  NOT_SUPPORTED: 10,
  TIMED_OUT: 11,
  IO: 12,
  CLOSED: 1,
  ABORTED: 130,
};

/** The exit status where stdout was closed early: what a shell says of a program that SIGPIPE ended. */
export const READER_GONE = 141;

/** What failed, why and what to do, for a person or (with `json`) for a program. */
export function formatFailure(error: unknown, json: boolean, verbose: boolean): string {
  if (json) return toJson({ error: described(error) });
  const lines = [`dmthin: ${messageOf(error)}`];
  if (DmError.is(error) && error.undoError !== undefined)
    lines.push(`        Taking it back failed too: ${messageOf(error.undoError)}`);
  if (DmError.is(error) && error.remedy !== undefined) lines.push(`        ${error.remedy}`);
  if (verbose) lines.push(...causes(error));
  else if (!DmError.is(error))
    lines.push('        This is a defect of dmthin. Run it with --log-level debug to see where.');
  return lines.join('\n');
}

export function exitStatusOf(error: unknown): number {
  return DmError.is(error) ? EXIT_STATUS[error.code] : 1;
}

function described(error: unknown): Readonly<Record<string, unknown>> {
  if (!DmError.is(error)) return { code: 'INTERNAL', message: messageOf(error) };
  const { code, message, errno, operation, subject, remedy, undoError } = error;
  const undo = undoError === undefined ? undefined : messageOf(undoError);
  return { code, message, errno, operation, subject, remedy, undoError: undo };
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) lines.push(cause.stack ?? cause.message);
  return lines;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
