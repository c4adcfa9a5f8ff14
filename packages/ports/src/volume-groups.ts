import type { Bytes } from '@dmthin/domain';
import type { CancelSignal } from './abort.ts';

/** What is known of a device that a volume group is to be made on (`dm.directlvm_device`). */
export interface PhysicalVolumeInfo {
  /** The volume group it belongs to; undefined where none. */
  readonly group: string | undefined;
  readonly size: Bytes;
}

/** LVM, as far as direct-lvm needs it (docker-devicemapper.md 1.3). */
export interface VolumeGroups {
  /** undefined: the device is no physical volume. @throws DmError NOT_FOUND, UNAVAILABLE: lvm2 is not installed. */
  inspect(device: string): Promise<PhysicalVolumeInfo | undefined>;
  /**
   * pvcreate and vgcreate; a device that is a physical volume without a group is taken as it is. What was on the device is
   * lost: the caller has looked. @throws DmError NOT_FOUND, ALREADY_EXISTS, BUSY, IO: with the tool's words.
   */
  createGroup(group: string, device: string, signal?: CancelSignal): Promise<void>;
  /**
   * lvcreate of `percent` of the whole group, or of what is left of it where that is less.
   * @throws DmError NOT_FOUND: the group. ALREADY_EXISTS. NO_SPACE: nothing is left.
   */
  createVolume(group: string, volume: string, percent: number, signal?: CancelSignal): Promise<void>;
  /**
   * lvconvert: `volume` becomes a thin pool with `metadataVolume`, chunks of `chunkSize`, no zeroing.
   * @throws DmError NOT_FOUND: one of the volumes.
   */
  convertToThinPool(
    group: string,
    volume: string,
    metadataVolume: string,
    chunkSize: Bytes,
    signal?: CancelSignal,
  ): Promise<void>;
  /**
   * Writes the profile and attaches it: when and by how much LVM extends the pool. Percentages of 0 to 100.
   * @throws DmError NOT_FOUND: the volume.
   */
  setAutoextend(group: string, volume: string, profile: string, threshold: number, percent: number): Promise<void>;
  /** The names of the group's volumes; empty where there is no such group. */
  listVolumes(group: string): Promise<readonly string[]>;
}
