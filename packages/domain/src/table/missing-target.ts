import { DmError } from '../errors/dm-error.ts';
import type { Table } from './table.ts';

/**
 * A refused load with more to say where the kernel has no such target, which it tells with the EINVAL of any bad table
 * (dm-kernel.md 2.3); by then it has looked for the module `dm-<type>` itself.
 * @param targets those the kernel has.
 */
export function explainRefusedLoad(
  refusal: DmError,
  tables: readonly Table[],
  targets: readonly { readonly type: string }[],
): DmError {
  const known = new Set(targets.map(({ type }) => type));
  const missing = tables.flat().find(({ type }) => !known.has(type))?.type;
  if (missing === undefined) return refusal;
  const { code, message, errno, operation, subject, undoError, cause } = refusal;
  return new DmError(code, `${message}: this kernel has no target "${missing}"`, {
    ...{ errno, operation, subject, undoError, cause },
    remedy: `Load its module, if there is one: modprobe dm-${missing}.`,
  });
}

/** Whether a failure may have such a reason. */
export function isRefusedLoad(failure: unknown): failure is DmError {
  return DmError.is(failure, 'INVALID_ARGUMENT') && failure.operation === 'load' && failure.errno === 'EINVAL';
}
