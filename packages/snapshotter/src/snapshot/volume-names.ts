import { type Bytes, type FilesystemType, type VolumeId, volumeId } from '@dmthin/domain';

const SNAPSHOT = /^snap-([1-9]\d{0,15})$/u;
const BASE = 'base-';

/** The volume of the snapshot with this id. */
export function volumeOfSnapshot(id: number): VolumeId {
  return volumeId(`snap-${id}`);
}

/** The empty filesystem that snapshots of this kind and size are made from. */
export function baseVolume(filesystem: FilesystemType, size: Bytes): VolumeId {
  return volumeId(`${BASE}${filesystem}-${size}`);
}

/** Which snapshot's volume this is; undefined: none's. */
export function snapshotOfVolume(volume: VolumeId): number | undefined {
  const [, digits] = SNAPSHOT.exec(volume) ?? [];
  const id = Number(digits);
  return Number.isSafeInteger(id) ? id : undefined;
}

export const isBaseVolume = (volume: VolumeId): boolean => volume.startsWith(BASE);
