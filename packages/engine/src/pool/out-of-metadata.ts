import { type DeviceName, DmError, parsePoolStatus, parseThinPoolTarget } from '@dmthin/domain';
import type { Kernel, KernelCommand } from '@dmthin/ports';
import { withUndoError } from '../failure/failure.ts';

/**
 * Sends a message that gives metadata blocks back to a pool that refused it because it has none left. Such a pool takes no
 * message at all, until its metadata is grown or its table is loaded anew: then it is read-write again up to its next
 * commit (dm-kernel.md 3.2, steps 1 and 3), so that the message goes in the same hop. What it gives back counts once that
 * commit is done, which may have made the pool read-only again: hence the table once more.
 * @throws DmError `refusal`, where that was not why. What the message meets.
 */
export async function sendToFullPool(
  kernel: Kernel,
  pool: DeviceName,
  message: KernelCommand,
  refusal: DmError,
): Promise<void> {
  const [[status], [target]] = await Promise.all([kernel.status(pool, { noFlush: true }), kernel.table(pool)]);
  if (status === undefined || target === undefined || !isOutOfMetadata(status.text, target.params)) throw refusal;
  const anew: readonly KernelCommand[] = [
    { command: 'load', device: pool, table: [target] },
    { command: 'resume', device: pool },
  ];
  try {
    await kernel.sequence([...anew, message, ...anew]);
  } catch (error) {
    if (DmError.is(error) && error.operation === message.command) throw error;
    throw await goingOn(kernel, pool, error);
  }
}

/** Read-only by neither its table nor its metadata's flag. */
function isOutOfMetadata(statusText: string, params: string): boolean {
  const status = parsePoolStatus(statusText);
  if (status.kind !== 'ok' || status.mode !== 'ro' || status.needsCheck) return false;
  return !parseThinPoolTarget(params).features.includes('read_only');
}

/** The pool with the table it had; gives the error of the reload. */
async function goingOn(kernel: Kernel, pool: DeviceName, error: unknown): Promise<unknown> {
  try {
    await kernel.sequence([
      { command: 'clear', device: pool },
      { command: 'resume', device: pool },
    ]);
    return error;
  } catch (undoError) {
    return withUndoError(error, undoError);
  }
}
