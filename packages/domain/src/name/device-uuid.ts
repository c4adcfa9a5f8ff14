import { DmError } from '../errors/dm-error.ts';
import { utf8Length } from './utf8-length.ts';

declare const brand: unique symbol;
/** A device-mapper uuid: any text of 1 to 128 bytes without NUL; set once, never changed. */
export type DeviceUuid = string & { readonly [brand]: 'DeviceUuid' };

/** DM_UUID_LEN less the closing NUL (linux/dm-ioctl.h). */
export const MAX_DEVICE_UUID_BYTES = 128;

/** @throws DmError INVALID_ARGUMENT: empty, over 128 bytes, or with a NUL. */
export function deviceUuid(value: string): DeviceUuid {
  if (value === '' || value.includes('\0') || utf8Length(value) > MAX_DEVICE_UUID_BYTES)
    throw new DmError(
      'INVALID_ARGUMENT',
      `device uuid ${JSON.stringify(value)} must have 1 to ${MAX_DEVICE_UUID_BYTES} bytes and no NUL`,
    );
  return value as DeviceUuid;
}
