import type { DmError, DmErrorCode } from '@dmthin/domain';
import { asDmError, attempting } from '@dmthin/engine';

/** These answer a question about snapshots to containerd, and would be taken for it. */
const MISLEADING: ReadonlySet<DmErrorCode> = new Set([
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'INVALID_ARGUMENT',
  'NO_DATA',
  'CONFLICT',
]);

/**
 * What the engine or its ports met under a snapshot, as the snapshotter throws it: `ALREADY_EXISTS` of a device must not
 * look as if the snapshot were there.
 */
export function engineFault(attempted: string, error: unknown): DmError {
  const { code } = asDmError(error);
  return attempting(attempted, error, undefined, MISLEADING.has(code) ? 'IO' : code);
}

/** `work`, whose errors are the engine's. */
export async function onEngine<T>(attempted: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw engineFault(attempted, error);
  }
}
