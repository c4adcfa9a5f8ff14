import type { DeviceNumber } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';
import { type DeviceListener, MappedDevice } from './mapped-device.ts';
import { Minors } from './minors.ts';

/** What a command names its device by; the first that is given counts (dm-kernel.md 2.1, lookup). */
export interface DeviceKey {
  readonly name?: string | undefined;
  readonly uuid?: string | undefined;
  readonly number?: DeviceNumber | undefined;
}

/** The mapped devices, by name, uuid and minor. */
export class DeviceRegistry {
  readonly major: number;
  readonly #minors = new Minors();
  readonly #byName = new Map<string, MappedDevice>();
  readonly #byUuid = new Map<string, MappedDevice>();
  readonly #byMinor = new Map<number, MappedDevice>();
  /** In byte order of names; made when it is asked for. */
  #sorted: readonly MappedDevice[] | undefined;

  constructor(major: number) {
    this.major = major;
  }

  get size(): number {
    return this.#byName.size;
  }

  /** @throws Refusal ENXIO: the minor is taken. EBUSY: the name or uuid is. */
  create(name: string, uuid: string, minor: number | undefined, listener: DeviceListener): MappedDevice {
    const taken = this.#minors.take(minor);
    if (this.#byName.has(name) || (uuid !== '' && this.#byUuid.has(uuid))) {
      this.#minors.give(taken);
      throw new Refusal('EBUSY', 'the name or uuid is taken');
    }
    const device = new MappedDevice(name, uuid, { major: this.major, minor: taken }, listener);
    this.#byName.set(name, device);
    if (uuid !== '') this.#byUuid.set(uuid, device);
    this.#byMinor.set(taken, device);
    this.#sorted = undefined;
    return device;
  }

  /** Takes the device's names away; its minor goes with `release`. */
  unlink(device: MappedDevice): void {
    this.#byName.delete(device.name);
    if (device.uuid !== '') this.#byUuid.delete(device.uuid);
    this.#byMinor.delete(device.number.minor);
    this.#sorted = undefined;
  }

  release(device: MappedDevice): void {
    this.#minors.give(device.number.minor);
  }

  /** @throws Refusal EBUSY: the name is taken, also by itself. ENXIO: there is no such device. */
  rename(from: string, to: string): MappedDevice {
    if (this.#byName.has(to)) throw new Refusal('EBUSY', `the name ${to} is taken`);
    const device = this.named(from);
    this.#byName.delete(from);
    device.name = to;
    this.#byName.set(to, device);
    this.#sorted = undefined;
    return device;
  }

  /** @throws Refusal EBUSY: the uuid is taken. ENXIO: there is no such device. EINVAL: it has a uuid. */
  setUuid(name: string, uuid: string): MappedDevice {
    if (this.#byUuid.has(uuid)) throw new Refusal('EBUSY', `the uuid ${uuid} is taken`);
    const device = this.named(name);
    if (device.uuid !== '') throw new Refusal('EINVAL', `${name} has uuid ${device.uuid} already`);
    device.uuid = uuid;
    this.#byUuid.set(uuid, device);
    return device;
  }

  /** @throws Refusal ENXIO: there is no such device. */
  named(name: string): MappedDevice {
    const device = this.#byName.get(name);
    if (device === undefined) throw new Refusal('ENXIO', `there is no device ${name}`);
    return device;
  }

  /** @throws Refusal ENXIO: there is none, or two ways to name it were given. */
  lookup({ name, uuid, number }: DeviceKey): MappedDevice {
    if (uuid !== undefined || name !== undefined) {
      const device = uuid === undefined ? this.#byName.get(name ?? '') : this.#byUuid.get(uuid);
      if (device !== undefined && number === undefined) return device;
    } else if (number !== undefined) {
      const device = this.at(number);
      if (device !== undefined) return device;
    }
    throw new Refusal('ENXIO', 'there is no such device');
  }

  at({ major, minor }: DeviceNumber): MappedDevice | undefined {
    return major === this.major ? this.#byMinor.get(minor) : undefined;
  }

  find(name: string): MappedDevice | undefined {
    return this.#byName.get(name);
  }

  /** All of them, in byte order of names. */
  sorted(): readonly MappedDevice[] {
    this.#sorted ??= [...this.#byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return this.#sorted;
  }
}
