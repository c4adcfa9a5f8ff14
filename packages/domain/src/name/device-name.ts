import { DmError } from '../errors/dm-error.ts';
import { utf8Length } from './utf8-length.ts';

declare const brand: unique symbol;
/** A device-mapper name: 1 to 127 bytes, no '/', no NUL, not `.` or `..` (it is a file name under /dev/mapper). */
export type DeviceName = string & { readonly [brand]: 'DeviceName' };

/** DM_NAME_LEN less the closing NUL (linux/dm-ioctl.h). */
export const MAX_DEVICE_NAME_BYTES = 127;

/** @throws DmError INVALID_ARGUMENT: not a device-mapper name; says which rule it breaks. */
export function deviceName(value: string): DeviceName {
  const fault = faultOf(value);
  if (fault !== undefined) throw new DmError('INVALID_ARGUMENT', `device name ${JSON.stringify(value)} ${fault}`);
  return value as DeviceName;
}

/** The node of a device: what other tables, mount(2) and mkfs are given. */
export function devicePath(name: DeviceName): string {
  return `/dev/mapper/${name}`;
}

function faultOf(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value.includes('/')) return "has a '/' in it";
  if (value.includes('\0')) return 'has a NUL in it';
  if (value === '.' || value === '..') return 'is reserved';
  const length = utf8Length(value);
  if (length > MAX_DEVICE_NAME_BYTES) return `is ${length} bytes long, ${MAX_DEVICE_NAME_BYTES} are allowed`;
  return undefined;
}
