import type { ThinId } from '../thin/thin-id.ts';
import { type DeviceName, deviceName } from './device-name.ts';
import type { DeviceNumber } from './device-number.ts';
import { BASE_VOLUME, isVolumeId, type VolumeId } from './volume-id.ts';

declare const brand: unique symbol;
/** What all device names of one root begin with: `docker-<major>:<minor>-<inode>`. */
export type DevicePrefix = string & { readonly [brand]: 'DevicePrefix' };

const BASE = 'base';
const POOL = 'pool';

/**
 * Docker's prefix: the file system and inode of the root directory (docker-devicemapper.md 4), so that two roots never
 * share a name. A root that is copied or moved to another file system gets another one (defect 32).
 */
export function devicePrefix(root: { readonly number: DeviceNumber; readonly inode: bigint }): DevicePrefix {
  return `docker-${root.number.major}:${root.number.minor}-${root.inode}` as DevicePrefix;
}

/** The pool that the driver makes itself: `<prefix>-pool`. */
export function poolDeviceName(prefix: DevicePrefix): DeviceName {
  return deviceName(`${prefix}-${POOL}`);
}

/** The device of a volume: `<prefix>-<id>`, and `<prefix>-base` for the base. */
export function volumeDeviceName(prefix: DevicePrefix, volume: VolumeId): DeviceName {
  return deviceName(`${prefix}-${volume === BASE_VOLUME ? BASE : volume}`);
}

/**
 * A device of its own by which a volume's thin device is read, whether or not the volume has one: `<prefix>-@<thin id>.<n>`.
 * No volume's is called so, since no id begins with `@`.
 */
export function readerDeviceName(prefix: string, thinId: ThinId, nth: number): DeviceName {
  return deviceName(`${prefix}-@${thinId}.${nth}`);
}

/** Whether this is such a device. */
export function isReaderDevice(prefix: string, name: DeviceName): boolean {
  return name.startsWith(`${prefix}-@`);
}

/** Whose device this is; undefined for the pool's, and for a name that is none of this root's. */
export function volumeOfDevice(prefix: DevicePrefix, name: DeviceName): VolumeId | undefined {
  if (!name.startsWith(`${prefix}-`)) return undefined;
  const rest = name.slice(prefix.length + 1);
  if (rest === BASE) return BASE_VOLUME;
  return isVolumeId(rest) ? rest : undefined;
}
