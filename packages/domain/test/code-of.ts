import { DmError, type DmErrorCode } from '@dmthin/domain';

/** The code of the DmError that `attempt` throws; `'none'` where it throws nothing. Anything else thrown goes on up. */
export function codeOf(attempt: () => unknown): DmErrorCode | 'none' {
  return errorOf(attempt)?.code ?? 'none';
}

/** The DmError that `attempt` throws; undefined where it throws nothing. */
export function errorOf(attempt: () => unknown): DmError | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (DmError.is(error)) return error;
    throw error;
  }
}
