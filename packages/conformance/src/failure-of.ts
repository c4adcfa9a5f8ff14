import { DmError, type DmErrorCode } from '@dmthin/domain';

/** The DmError that what must fail rejects with; a case fails where it resolves, or rejects with anything else. */
export async function failureOf(attempt: Promise<unknown>): Promise<DmError> {
  try {
    await attempt;
  } catch (error) {
    if (DmError.is(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The code of the DmError that it rejects with; `done` where it resolves. */
export async function codeOf(attempt: Promise<unknown>): Promise<DmErrorCode | 'done'> {
  try {
    await attempt;
    return 'done';
  } catch (error) {
    if (DmError.is(error)) return error.code;
    throw error;
  }
}
