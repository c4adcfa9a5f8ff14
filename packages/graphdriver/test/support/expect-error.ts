import { DmError, type DmErrorCode } from '@dmthin/domain';
import { expect } from 'chai';

/** The DmError that `promise` rejects with, of one of these codes. */
export async function errorOf(
  promise: Promise<unknown>,
  ...codes: readonly [DmErrorCode, ...DmErrorCode[]]
): Promise<DmError> {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(DmError);
    expect((error as DmError).code, (error as DmError).message).to.be.oneOf(codes);
    return error as DmError;
  }
  throw new Error(`expected ${codes.join(' or ')}, but it succeeded`);
}
