import type { DeviceNumber } from '@dmthin/domain';
import type { Clock } from '@dmthin/ports';
import type { BlockNode } from '../block/block-node.ts';
import { BlockRegistry } from '../block/block-registry.ts';
import { DeviceRegistry } from '../device/device-registry.ts';
import type { DeviceListener, MappedDevice } from '../device/mapped-device.ts';
import { type Resumption, resumeDevice } from '../device/resumption.ts';
import { type SuspendFlags, stopForRemoval, suspendDevice } from '../device/suspension.ts';
import { Refusal } from '../errno/refusal.ts';
import { FaultPlan } from '../fault/fault-plan.ts';
import { PERSONALITIES, type Personality, type PersonalityTraits } from '../personality/personality.ts';
import { PoolTable } from '../pool/pool-table.ts';
import { statsMessage } from '../stats/stats-message.ts';
import type { DmTable } from '../table/dm-table.ts';
import { buildTable, type TableWorld } from '../table/load-table.ts';
import { splitWords } from '../table/words.ts';
import type { TargetSpec, TargetType } from '../target/target.ts';
import { TARGET_TYPES } from '../target/target-types.ts';
import { fromBytes } from '../text/byte-string.ts';
import { KernelTime } from '../time/kernel-time.ts';

const NODE_PREFIX = '/dev/mapper/';
const DISK_NODE = /^\/dev\/dm-(\d{1,7})$/u;

export interface MachineOptions {
  readonly personality: Personality;
  readonly major: number;
  readonly clock: Clock;
  /** In milliseconds; 0 is never. */
  readonly noSpaceTimeout: number;
  /** Whether somebody makes nodes under /dev/mapper. */
  readonly nodes: boolean;
}

/** Which of a device's two tables. */
export type TableSlot = 'live' | 'inactive';

/** What a message came to: an answer, or 6.1.176's odd return where there is no table (dm-kernel.md 0.1). */
export type MessageResult = { readonly answer: string | undefined } | 'returns-2';

/**
 * A machine that is up: its mapped devices, its block devices, its time. The commands of device-mapper as the two faces
 * (typed, and by bytes) use them; what is refused is thrown as `Refusal`. All is synchronous but a suspend that waits.
 */
export class Machine implements DeviceListener, TableWorld {
  readonly traits: PersonalityTraits;
  readonly options: MachineOptions;
  readonly faults: FaultPlan = new FaultPlan(() => this.time.stop());
  readonly time: KernelTime;
  readonly devices: DeviceRegistry;
  readonly blocks: BlockRegistry;
  readonly pools: PoolTable;
  /** The counter that poll on the control device looks at (dm-kernel.md 1.8). */
  globalEvent = 0;
  readonly #types: ReadonlyMap<string, TargetType>;
  /**
   * Pools that the worker for deferred removals took while all devices are removed. It waits for their last commit, and
   * what they stand on is in use until the command has passed it.
   */
  #slowRemovals: Set<MappedDevice> | undefined;

  constructor(options: MachineOptions) {
    this.options = options;
    this.traits = PERSONALITIES[options.personality];
    this.time = new KernelTime(options.clock);
    this.devices = new DeviceRegistry(options.major);
    this.blocks = new BlockRegistry(this.faults.disks);
    this.pools = new PoolTable(this.time, options.noSpaceTimeout, options.personality);
    this.#types = new Map(TARGET_TYPES.map((type) => [type.name, type]));
  }

  targetType(name: string): TargetType | undefined {
    return this.#types.get(name);
  }

  block(number: DeviceNumber): BlockNode | undefined {
    return this.blocks.find(number);
  }

  /** The device of a path: a node of device-mapper's, else what the host says. Paths are bytes here too. */
  resolve(path: string): DeviceNumber | undefined {
    return this.nodeNumber(path) ?? this.blocks.resolve(fromBytes(path));
  }

  /** The mapped device of a node: `/dev/mapper/NAME` from its first resume, `/dev/dm-N` from its first load. */
  nodeNumber(path: string): DeviceNumber | undefined {
    if (path.startsWith(NODE_PREFIX)) {
      const device = this.devices.find(path.slice(NODE_PREFIX.length));
      return this.options.nodes && device?.hasNode === true ? device.number : undefined;
    }
    const minor = DISK_NODE.exec(path)?.[1];
    const device =
      minor === undefined ? undefined : this.devices.at({ major: this.devices.major, minor: Number(minor) });
    return device?.isRegistered === true ? device.number : undefined;
  }

  deviceEvent(): void {
    this.globalEvent++;
  }

  deviceClosed(device: MappedDevice): void {
    if (!device.isDeferredRemove || device.isGone || this.faults.isCrashed) return;
    if (this.#slowRemovals === undefined || device.live?.immutableType === undefined) this.#destroy(device);
    else this.#slowRemovals.add(device);
  }

  create(name: string, uuid: string, minor: number | undefined): MappedDevice {
    if (name.includes('/')) throw new Refusal('EINVAL', 'a device name cannot have a / in it');
    const device = this.devices.create(name, uuid, minor, this);
    this.globalEvent++;
    return device;
  }

  /** `staged` is told before the inactive table that was there goes, which may have the device itself open. */
  load(device: MappedDevice, specs: Iterable<TargetSpec>, isReadOnly: boolean, staged?: () => void): void {
    const table = buildTable(this, device, specs, isReadOnly);
    if (!device.isRegistered) {
      device.isRegistered = true;
      device.takeLimits(table);
      this.blocks.add(device);
    }
    const old = device.inactive;
    device.inactive = table;
    staged?.();
    old?.destroy();
  }

  /** `cleared` is told as `staged` is. */
  clear(device: MappedDevice, cleared?: () => void): void {
    const table = device.inactive;
    device.inactive = undefined;
    cleared?.();
    table?.destroy();
  }

  suspend(device: MappedDevice, flags: SuspendFlags): Promise<void> | undefined {
    return suspendDevice(device, flags);
  }

  resume(device: MappedDevice, flags: SuspendFlags): Resumption | Promise<Resumption> {
    return resumeDevice(device, flags, () => {
      this.globalEvent++;
    });
  }

  /** `deferred`: it was open, and is marked to go with its last close. */
  remove(device: MappedDevice, deferred: boolean): 'removed' | 'deferred' {
    if (device.openings.count > 0) {
      if (!deferred) throw new Refusal('EBUSY', `${device.name} is open`);
      device.isDeferredRemove = true;
      this.globalEvent++;
      return 'deferred';
    }
    this.#destroy(device);
    this.globalEvent++;
    return 'removed';
  }

  /** Removes all that nobody has open, again and again from the first name, until none is left (dm-kernel.md 2.2). */
  removeAll(deferred: boolean): void {
    const slow = new Set<MappedDevice>();
    this.#slowRemovals = slow;
    for (let removed = true; removed; ) {
      removed = false;
      for (const device of this.devices.sorted()) {
        if (slow.has(device)) continue;
        if (device.openings.count > 0) {
          if (deferred) device.isDeferredRemove = true;
          continue;
        }
        this.#destroy(device);
        removed = true;
        break;
      }
    }
    this.#slowRemovals = undefined;
    for (const device of slow) this.#destroy(device);
    this.globalEvent++;
  }

  rename(name: string, to: string): MappedDevice {
    if (to.includes('/')) throw new Refusal('EINVAL', 'a device name cannot have a / in it');
    return this.#renamed(this.devices.rename(name, to));
  }

  setUuid(name: string, uuid: string): MappedDevice {
    return this.#renamed(this.devices.setUuid(name, uuid));
  }

  table(device: MappedDevice, slot: TableSlot): DmTable | undefined {
    return slot === 'live' ? device.live : device.inactive;
  }

  /** `room`: the bytes there are for an answer. */
  message(device: MappedDevice, sector: bigint, text: string, room: number = Number.POSITIVE_INFINITY): MessageResult {
    const words = splitWords(text);
    const [first] = words;
    if (first === undefined) throw new Refusal('EINVAL', 'Empty message received.');
    if (first.startsWith('@')) return this.#messageToCore(device, words, room);
    if (device.live === undefined) {
      if (this.traits.messageWithoutTable === 'returns-2') return 'returns-2';
      throw new Refusal('EINVAL', 'The device has no table.');
    }
    const line = device.live.lineAtSector(sector);
    if (line === undefined) throw new Refusal('EINVAL', 'Target message sector outside device.');
    if (line.target.message === undefined) throw new Refusal('EINVAL', 'Target type does not support messages');
    return { answer: line.target.message(words) };
  }

  #messageToCore(device: MappedDevice, words: readonly string[], room: number): MessageResult {
    if (words[0]?.toLowerCase() === '@cancel_deferred_remove' && words.length === 1) {
      device.isDeferredRemove = false;
      return { answer: undefined };
    }
    const result = statsMessage({ stats: device.stats, deviceSectors: device.sectors, room }, words);
    if (result === undefined) throw new Refusal('EINVAL', `Unsupported message sent to DM core: ${words[0]}`);
    return result;
  }

  #renamed(device: MappedDevice): MappedDevice {
    if (device.live !== undefined) device.event();
    this.globalEvent++;
    return device;
  }

  #destroy(device: MappedDevice): void {
    this.devices.unlink(device);
    // Before the event, so that who waits for one learns that there is nothing to wait for any more.
    device.isGone = true;
    if (device.live !== undefined) device.event();
    device.inactive?.destroy();
    device.inactive = undefined;
    stopForRemoval(device);
    device.live?.destroy();
    device.hasNode = false;
    this.blocks.delete(device);
    this.devices.release(device);
    device.wake();
  }
}
