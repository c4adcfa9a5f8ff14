import { DmError, type DmErrorCode } from '@dmthin/domain';
import { status } from '@grpc/grpc-js';
import { errorText } from '../docker/error-text.ts';

/** What containerd's errdefs makes an error of its own from. */
const STATUSES: Readonly<Record<DmErrorCode, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  NO_DATA: status.DATA_LOSS,
  // containerd's garbage collection passes over what is in use by this one alone.
  BUSY: status.FAILED_PRECONDITION,
  NO_SPACE: status.RESOURCE_EXHAUSTED,
  READ_ONLY: status.UNAVAILABLE,
  NOT_SUPPORTED: status.UNIMPLEMENTED,
  NOT_PERMITTED: status.PERMISSION_DENIED,
  CORRUPT: status.DATA_LOSS,
  CONFLICT: status.FAILED_PRECONDITION,
  LOCKED: status.UNAVAILABLE,
  TIMED_OUT: status.DEADLINE_EXCEEDED,
  ABORTED: status.CANCELLED,
  CLOSED: status.UNAVAILABLE,
  UNAVAILABLE: status.UNAVAILABLE,
  IO: status.INTERNAL,
};

/** An error as gRPC answers it. */
export function grpcError(error: unknown): { readonly code: status; readonly details: string } {
  return { code: DmError.is(error) ? STATUSES[error.code] : status.INTERNAL, details: errorText(error) };
}

/** What containerd asks to find out, and not because something is wrong. */
export function isOrdinary(error: unknown): boolean {
  return DmError.is(error, 'NOT_FOUND', 'ALREADY_EXISTS', 'ABORTED');
}
