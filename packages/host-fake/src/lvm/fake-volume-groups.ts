import {
  type Bytes,
  bytes,
  type DeviceName,
  type DmError,
  deviceName,
  devicePath,
  deviceUuid,
  linearTable,
  sectors,
  sectorsOf,
  type Table,
  thinPoolTable,
} from '@dmthin/domain';
import type { BlockDevice, BlockDevices, Kernel, LoopDevices, PhysicalVolumeInfo, VolumeGroups } from '@dmthin/ports';
import { hostError } from '../error/host-error.ts';
import type { HostFaults } from '../fault/faults.ts';
import {
  EXTENT_SIZE,
  extentsOf,
  FIRST_EXTENT,
  type GroupMetadata,
  type Label,
  type LogicalVolume,
  readLabel,
  writeLabel,
} from './physical-volume.ts';

export interface VolumeGroupOptions {
  readonly kernel: Pick<Kernel, 'sequence' | 'remove'>;
  readonly blockDevices: BlockDevices;
  readonly loopDevices: LoopDevices;
  readonly faults: HostFaults;
}

/** A group that was found, and the device that it is on. */
interface FoundGroup {
  readonly device: string;
  readonly metadata: GroupMetadata;
}

/**
 * LVM in memory, as far as direct-lvm needs it: groups of one physical volume on a loop device, whose metadata is on the
 * device itself, so that it outlives the process, and whose volumes are mapped devices of the fake kernel.
 */
export class FakeVolumeGroups implements VolumeGroups {
  readonly #options: VolumeGroupOptions;

  constructor(options: VolumeGroupOptions) {
    this.#options = options;
  }

  async inspect(device: string): Promise<PhysicalVolumeInfo | undefined> {
    this.#options.faults.check('inspect', device);
    return this.#onDevice(device, async (open) => {
      const label = await readLabel(open);
      return label === undefined ? undefined : { group: label.metadata?.group, size: open.size };
    });
  }

  async createGroup(group: string, device: string): Promise<void> {
    this.#options.faults.check('createGroup', group);
    if ((await this.#find(group)) !== undefined) throw exists('createGroup', group);
    await this.#onDevice(device, async (open) => {
      if ((await readLabel(open))?.metadata !== undefined) throw exists('createGroup', device);
      await writeLabel(open, { metadata: { group, volumes: [], profiles: {} } });
    });
  }

  async createVolume(group: string, volume: string, percent: number): Promise<void> {
    this.#options.faults.check('createVolume', `${group}/${volume}`);
    await this.#change(group, async ({ metadata, device }, size) => {
      if (metadata.volumes.some(({ name }) => name === volume)) throw exists('createVolume', `${group}/${volume}`);
      const extents = extentsOf(size);
      const first = metadata.volumes.reduce((end, { first: start, count }) => Math.max(end, start + count), 0);
      const count = Math.min(Math.floor((extents * percent) / 100), extents - first);
      if (count === 0) throw hostError('createVolume', `${group}/${volume}`, 'ENOSPC', 'nothing of the group is left');
      const made: LogicalVolume = { name: volume, first, count, kind: 'linear' };
      await this.#activate(group, made, device);
      await this.#wipe(mappedName(group, volume));
      return { ...metadata, volumes: [...metadata.volumes, made] };
    });
  }

  async convertToThinPool(group: string, volume: string, metadataVolume: string, chunkSize: Bytes): Promise<void> {
    this.#options.faults.check('convertToThinPool', `${group}/${volume}`);
    await this.#change(group, async ({ metadata, device }) => {
      const [data, meta] = [volume, metadataVolume].map((name) => linear(metadata, name));
      if (data === undefined || meta === undefined)
        throw hostError('convertToThinPool', `${group}/${volume}`, 'ENOENT', 'there are no such two volumes');
      for (const { name } of [data, meta]) await this.#options.kernel.remove(mappedName(group, name));
      const parts = [
        { ...data, name: `${volume}_tdata`, kind: 'hidden' as const },
        { ...meta, name: `${volume}_tmeta`, kind: 'hidden' as const },
      ];
      for (const part of parts) await this.#activate(group, part, device);
      await this.#make(
        mappedName(group, volume),
        thinPoolTable({
          metadata: devicePath(mappedName(group, `${volume}_tmeta`)),
          data: devicePath(mappedName(group, `${volume}_tdata`)),
          blockSize: sectorsOf(chunkSize),
          size: sectorsOf(sizeOf(data)),
          features: ['skip_block_zeroing'],
        }),
      );
      const others = metadata.volumes.filter(({ name }) => name !== volume && name !== metadataVolume);
      return { ...metadata, volumes: [...others, ...parts, { name: volume, first: 0, count: 0, kind: 'thin-pool' }] };
    });
  }

  async setAutoextend(
    group: string,
    volume: string,
    profile: string,
    threshold: number,
    percent: number,
  ): Promise<void> {
    this.#options.faults.check('setAutoextend', `${group}/${volume}`);
    await this.#change(group, async ({ metadata }) => {
      if (!metadata.volumes.some(({ name }) => name === volume))
        throw hostError('setAutoextend', `${group}/${volume}`, 'ENOENT', 'there is no such volume');
      return { ...metadata, profiles: { ...metadata.profiles, [profile]: { threshold, percent } } };
    });
  }

  async listVolumes(group: string): Promise<readonly string[]> {
    const found = await this.#find(group);
    return (found?.metadata.volumes ?? []).filter(({ kind }) => kind !== 'hidden').map(({ name }) => name);
  }

  /** As LVM scans: every device that it can open. */
  async #find(group: string): Promise<FoundGroup | undefined> {
    for (const { path } of await this.#options.loopDevices.list()) {
      const label = await this.#onDevice(path, readLabel);
      if (label?.metadata?.group === group) return { device: path, metadata: label.metadata };
    }
    return undefined;
  }

  async #change(group: string, change: (found: FoundGroup, size: bigint) => Promise<GroupMetadata>): Promise<void> {
    const found = await this.#find(group);
    if (found === undefined) throw hostError('change', group, 'ENOENT', 'there is no such volume group');
    await this.#onDevice(found.device, async (open) => {
      const label: Label = { metadata: await change(found, open.size) };
      await writeLabel(open, label);
    });
  }

  async #activate(group: string, volume: LogicalVolume, device: string): Promise<void> {
    const offset = sectors(BigInt(FIRST_EXTENT + volume.first * EXTENT_SIZE) / 512n);
    await this.#make(mappedName(group, volume.name), linearTable({ device, offset, size: sectorsOf(sizeOf(volume)) }));
  }

  async #make(device: DeviceName, table: Table): Promise<void> {
    await this.#options.kernel.sequence([
      { command: 'create', device, uuid: deviceUuid(`LVM-${device}`) },
      { command: 'load', device, table },
      { command: 'resume', device },
    ]);
  }

  /** lvcreate --wipesignatures y. */
  async #wipe(device: DeviceName): Promise<void> {
    await this.#onDevice(devicePath(device), async (open) => {
      await open.write(0n, new Uint8Array(4096));
      await open.flush();
    });
  }

  async #onDevice<T>(path: string, work: (device: BlockDevice) => Promise<T>): Promise<T> {
    const device = await this.#options.blockDevices.open(path);
    try {
      return await work(device);
    } finally {
      await device.close();
    }
  }
}

/** LVM doubles the dashes of both names. */
function mappedName(group: string, volume: string): DeviceName {
  return deviceName(`${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`);
}

const sizeOf = ({ count }: LogicalVolume): Bytes => bytes(BigInt(count) * BigInt(EXTENT_SIZE));

function linear({ volumes }: GroupMetadata, wanted: string): LogicalVolume | undefined {
  return volumes.find(({ name, kind }) => name === wanted && kind === 'linear');
}

function exists(operation: string, subject: string): DmError {
  return hostError(operation, subject, 'EEXIST', 'it is there already');
}
