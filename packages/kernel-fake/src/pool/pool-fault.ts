import { DmError, type ErrnoName } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';

/** The errno of a metadata operation that failed; what has none is a mistake of ours and is thrown on. */
export function errnoOf(failure: unknown): ErrnoName {
  if (failure instanceof Refusal) return failure.errno;
  if (DmError.is(failure) && failure.errno !== undefined) return failure.errno;
  throw failure;
}

/** The same failure in the kernel's terms. */
export function refusalOf(failure: unknown): Refusal {
  const errno = errnoOf(failure);
  return failure instanceof Refusal ? failure : new Refusal(errno, (failure as DmError).message);
}
