import { DmError } from '../errors/dm-error.ts';

/** A block device's number. */
export interface DeviceNumber {
  /** 0 to 4095. */
  readonly major: number;
  /** 0 to 1,048,575. */
  readonly minor: number;
}

/** `major:minor`, as tables print it. */
export function formatDeviceNumber({ major, minor }: DeviceNumber): string {
  return `${major}:${minor}`;
}

/** @throws DmError INVALID_ARGUMENT: not `major:minor` in decimal. */
export function parseDeviceNumber(text: string): DeviceNumber {
  const match = /^(\d{1,4}):(\d{1,7})$/u.exec(text);
  if (match === null) throw new DmError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not a device number (8:1)`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

export function sameDevice(one: DeviceNumber, other: DeviceNumber): boolean {
  return one.major === other.major && one.minor === other.minor;
}
