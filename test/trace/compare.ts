import type { Answer, Call, IoctlCall } from './call.ts';
import { MASKS } from './masks.ts';

/** Whether two machines answered a call alike, but for what a mask excuses. */
export function areAlike(call: Call, expected: Answer | undefined, actual: Answer | undefined): boolean {
  if (expected === undefined || actual === undefined) return expected === actual;
  if (expected.ret !== actual.ret || expected.errno !== actual.errno || expected.sha256 !== actual.sha256) return false;
  return call.op !== 'ioctl' || haveSameBytes(call, expected, actual);
}

function haveSameBytes(call: IoctlCall, expected: Answer, actual: Answer): boolean {
  const [one, other] = [expected, actual].map(({ buffer }) => Buffer.from(buffer ?? new Uint8Array(0))) as [
    Buffer,
    Buffer,
  ];
  if (one.equals(other)) return true;
  for (const mask of MASKS) mask.hide(call, one, other);
  return one.equals(other);
}
