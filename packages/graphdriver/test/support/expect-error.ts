import { DmError, type DmErrorCode } from '@dmthin/domain';
import { expect } from 'chai';

/** The DmError that `promise` rejects with, of this code. */
export async function errorOf(promise: Promise<unknown>, code: DmErrorCode): Promise<DmError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(DmError);
    expect((error as DmError).code, (error as DmError).message).to.equal(code);
    return error as DmError;
  }
  throw new Error(`expected ${code}, but it succeeded`);
}
