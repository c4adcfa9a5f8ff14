import {
  BASE_VOLUME,
  type DeviceName,
  type DevicePrefix,
  DmError,
  type VolumeId,
  volumeDeviceName,
  volumeOfDevice,
} from '@dmthin/domain';
import type { VolumeRecord } from '@dmthin/ports';
import type { Volume } from '../thin-pool.ts';

/** What a volume is called in messages: the base volume has the empty id. */
export function shownId(id: VolumeId): string {
  return `volume "${id === BASE_VOLUME ? 'base' : id}"`;
}

/** The volumes in memory, as their records on disk say. Values are replaced, never changed. */
export class VolumeTable {
  readonly #volumes = new Map<VolumeId, Volume>();
  /** Those marked for deletion, so that the worker looks at nothing else. */
  readonly #marked = new Set<VolumeId>();
  readonly #devicePrefix: DevicePrefix;

  constructor(devicePrefix: string) {
    this.#devicePrefix = devicePrefix as DevicePrefix;
  }

  get size(): number {
    return this.#volumes.size;
  }

  get markedCount(): number {
    return this.#marked.size;
  }

  all(): Iterable<Volume> {
    return this.#volumes.values();
  }

  marked(): readonly VolumeId[] {
    return [...this.#marked];
  }

  find(id: VolumeId): Volume | undefined {
    return this.#volumes.get(id);
  }

  /** @throws DmError NOT_FOUND. */
  get(id: VolumeId): Volume {
    const volume = this.#volumes.get(id);
    if (volume !== undefined) return volume;
    throw new DmError('NOT_FOUND', `${shownId(id)} is unknown`, { subject: id });
  }

  /** @throws DmError NOT_FOUND. CONFLICT: it is marked for deletion, so nothing may use it. */
  getUsable(id: VolumeId, attempted: string): Volume {
    const volume = this.get(id);
    if (!volume.isDeleted) return volume;
    throw new DmError('CONFLICT', `cannot ${attempted}: ${shownId(id)} has been marked for deferred deletion`, {
      subject: id,
      remedy: 'It is deleted once nobody holds its device open; use another volume.',
    });
  }

  /** @throws DmError ALREADY_EXISTS: also where the one that has the id is marked for deletion. */
  refuseExisting(id: VolumeId, attempted: string): void {
    const volume = this.#volumes.get(id);
    if (volume === undefined) return;
    const mark = volume.isDeleted ? ', marked for deferred deletion' : '';
    throw new DmError('ALREADY_EXISTS', `cannot ${attempted}: ${shownId(id)} is there already${mark}`, {
      subject: id,
      remedy: volume.isDeleted ? 'Wait until it is deleted, or use another id.' : 'Delete it first, or use another id.',
    });
  }

  /** Adds the volume of a record, or replaces it. */
  put({ volume: id, thinId, size, transactionId, isInitialized, isDeleted }: VolumeRecord): Volume {
    const volume: Volume = {
      id,
      thinId,
      size,
      transactionId,
      deviceName: this.deviceNameOf(id),
      isInitialized,
      isDeleted,
    };
    this.#volumes.set(id, volume);
    if (isDeleted) this.#marked.add(id);
    else this.#marked.delete(id);
    return volume;
  }

  remove(id: VolumeId): void {
    this.#volumes.delete(id);
    this.#marked.delete(id);
  }

  /** @throws DmError INVALID_ARGUMENT: prefix and id together are no device name. */
  deviceNameOf(id: VolumeId): DeviceName {
    return volumeDeviceName(this.#devicePrefix, id);
  }

  /** The volume whose device this is; undefined: none of these. */
  ofDevice(name: DeviceName): Volume | undefined {
    const id = volumeOfDevice(this.#devicePrefix, name);
    return id === undefined ? undefined : this.#volumes.get(id);
  }
}

/** What is stored of a volume. */
export function recordOf({ id, thinId, size, transactionId, isInitialized, isDeleted }: Volume): VolumeRecord {
  return { volume: id, thinId, size, transactionId, isInitialized, isDeleted };
}
