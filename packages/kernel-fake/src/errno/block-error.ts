import { codeOfErrno, DmError } from '@dmthin/domain';
import { Refusal } from './refusal.ts';

/** The error of an I/O that failed, for whoever holds the device open; what is no refusal stays what it is. */
export function blockError(operation: string, subject: string, failure: unknown): unknown {
  if (!(failure instanceof Refusal)) return failure;
  const { errno } = failure;
  return new DmError(codeOfErrno(errno), `${operation} on block device ${subject} failed: ${errno}`, {
    errno,
    operation,
    subject,
    cause: failure,
  });
}
