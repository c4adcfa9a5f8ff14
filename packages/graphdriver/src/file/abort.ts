import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';

/** @throws DmError ABORTED: the caller's signal has fired. */
export function throwIfAborted(signal: CancelSignal | undefined, operation: string): void {
  if (signal?.aborted === true)
    throw new DmError('ABORTED', `${operation} was aborted`, { operation, cause: signal.reason });
}
