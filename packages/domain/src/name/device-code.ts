import { DmError } from '../errors/dm-error.ts';
import { type DeviceNumber, formatDeviceNumber } from './device-number.ts';

const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xf_ffff;

/**
 * The kernel's "huge" encoding (`huge_encode_dev`), which is also what mknod(2) takes and stat(2) gives: the minor's low
 * byte, the major, the minor's rest. @throws DmError INVALID_ARGUMENT: more than 12 bits of major or 20 of minor.
 */
export function encodeDevice(device: DeviceNumber): bigint {
  const { major, minor } = device;
  const fits = [major, minor].every((part) => Number.isInteger(part) && part >= 0);
  if (!fits || major > MAX_MAJOR || minor > MAX_MINOR)
    throw new DmError('INVALID_ARGUMENT', `${formatDeviceNumber(device)} is not a device number`);
  return BigInt((minor & 0xff) | (major << 8)) | (BigInt(minor & ~0xff) << 12n);
}

/** The low 32 bits count, as in the kernel. */
export function decodeDevice(encoded: bigint): DeviceNumber {
  const low = Number(encoded & 0xffff_ffffn);
  return { major: (low >>> 8) & MAX_MAJOR, minor: (low & 0xff) | ((low >>> 12) & 0xf_ff00) };
}
