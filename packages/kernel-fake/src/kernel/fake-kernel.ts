import {
  commandError,
  type DeviceName,
  type DeviceNumber,
  type DeviceUuid,
  DmError,
  type Sectors,
  type Table,
} from '@dmthin/domain';
import type {
  BlockHandle,
  BlockLayer,
  BlockStore,
  CancelSignal,
  Clock,
  CreateOptions,
  DeviceInfo,
  Kernel,
  KernelCapabilities,
  KernelCommand,
  KernelVersion,
  ListedDevice,
  LoadOptions,
  OpenHandleOptions,
  RemoveOptions,
  StatusOptions,
  SuspendOptions,
  TargetStatus,
  TargetVersion,
} from '@dmthin/ports';
import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import type { CallKind } from '../fault/call-pattern.ts';
import type { FaultPlan } from '../fault/fault-plan.ts';
import { Machine } from '../machine/machine.ts';
import type { Personality } from '../personality/personality.ts';
import { TARGET_TYPES } from '../target/target-types.ts';
import { fromBytes, toBytes } from '../text/byte-string.ts';
import { systemClock } from '../time/system-clock.ts';
import { BlockLayerFace } from './block-layer-face.ts';
import { deviceInfo } from './device-info.ts';
import { nextEvent } from './next-event.ts';
import { printTable, specsOf } from './table-text.ts';

export interface FakeKernelOptions {
  /** The point release it behaves like; 6.1.176 unless said. */
  readonly personality?: Personality | undefined;
  /** Device-mapper's block major; 254 unless said. */
  readonly major?: number | undefined;
  /** What drives the pools' one-second commit and no-space timeout; the process's own time unless said. */
  readonly clock?: Clock | undefined;
  /**
   * How long a full pool lets writers wait, in seconds (`no_space_timeout` of dm-thin-pool); 60 unless said, 0 for ever.
   */
  readonly noSpaceTimeout?: number | undefined;
  /** Whether `/dev/mapper/NAME` is there from a device's first resume on; true unless said. The kernel makes none itself. */
  readonly nodes?: boolean | undefined;
}

const CAPABILITIES: KernelCapabilities = {
  exactErrno: true,
  deferredRemove: true,
  events: true,
  udevSync: false,
  batches: true,
};

const NO_TEXT = () => '';

/** Kept beside the class, since users have no business with a machine. */
const MACHINES = new WeakMap<FakeKernel, Machine>();

/** The machine behind a fake kernel, for the package's other faces. */
export function machineOf(kernel: FakeKernel): Machine {
  return MACHINES.get(kernel) as Machine;
}

/** A new machine, with no disks and no devices. */
export function createFakeKernel(options: FakeKernelOptions = {}): FakeKernel {
  const { personality = '6.1.176', major = 254, clock = systemClock, noSpaceTimeout = 60, nodes = true } = options;
  return new FakeKernel(new Machine({ personality, major, clock, noSpaceTimeout: noSpaceTimeout * 1000, nodes }));
}

/**
 * The device-mapper kernel in memory, and the block devices of its machine. It follows dm-kernel.md to the errno and
 * the order of checks; `faults` makes it fail as no real kernel would on demand.
 */
export class FakeKernel implements Kernel, BlockLayer {
  readonly capabilities: KernelCapabilities = CAPABILITIES;
  /** What is to go wrong. */
  readonly faults: FaultPlan;
  readonly #machine: Machine;
  readonly #blocks: BlockLayerFace;
  readonly #closing = new AbortController();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#blocks = new BlockLayerFace(machine);
    this.faults = machine.faults;
    MACHINES.set(this, machine);
  }

  async version(): Promise<KernelVersion> {
    return this.#call('version', '', NO_TEXT, undefined, () => ({ driver: '4.47.0', library: undefined }));
  }

  async targets(): Promise<readonly TargetVersion[]> {
    return this.#call('targets', '', NO_TEXT, undefined, () =>
      TARGET_TYPES.map(({ name, version }) => ({ type: name, version: version.join('.') })),
    );
  }

  async list(): Promise<readonly ListedDevice[]> {
    return this.#call('list', '', NO_TEXT, undefined, () =>
      this.#machine.devices
        .sorted()
        .map(({ name, number }) => ({ name: fromBytes(name) as DeviceName, number: { ...number } })),
    );
  }

  async info(device: DeviceName): Promise<DeviceInfo> {
    return this.#call('info', device, NO_TEXT, undefined, () => deviceInfo(this.#find(device)));
  }

  async create(device: DeviceName, options: CreateOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#call('create', device, NO_TEXT, signal, () => {
      this.#machine.create(toBytes(device), toBytes(options.uuid ?? ''), options.minor);
    });
  }

  async load(device: DeviceName, table: Table, options: LoadOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#call(
      'load',
      device,
      () => printTable(table),
      signal,
      () => this.#machine.load(this.#find(device), specsOf(table), options.readOnly ?? false),
    );
  }

  async resume(device: DeviceName, options: SuspendOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#call('resume', device, NO_TEXT, signal, () => {
      const resumed = this.#machine.resume(this.#find(device), options);
      return resumed instanceof Promise ? resumed.then(() => undefined) : undefined;
    });
  }

  async suspend(device: DeviceName, options: SuspendOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#call('suspend', device, NO_TEXT, signal, () => this.#machine.suspend(this.#find(device), options));
  }

  async clear(device: DeviceName, signal?: CancelSignal): Promise<void> {
    return this.#call('clear', device, NO_TEXT, signal, () => this.#machine.clear(this.#find(device)));
  }

  async remove(device: DeviceName, options: RemoveOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#call('remove', device, NO_TEXT, signal, () => {
      this.#machine.remove(this.#find(device), options.deferred ?? false);
    });
  }

  async rename(device: DeviceName, to: DeviceName, signal?: CancelSignal): Promise<void> {
    return this.#call(
      'rename',
      device,
      () => to,
      signal,
      () => {
        this.#machine.rename(toBytes(device), toBytes(to));
      },
    );
  }

  async setUuid(device: DeviceName, uuid: DeviceUuid, signal?: CancelSignal): Promise<void> {
    return this.#call(
      'setUuid',
      device,
      () => uuid,
      signal,
      () => {
        this.#machine.setUuid(toBytes(device), toBytes(uuid));
      },
    );
  }

  async status(
    device: DeviceName,
    options: StatusOptions = {},
    signal?: CancelSignal,
  ): Promise<readonly TargetStatus[]> {
    return this.#call('status', device, NO_TEXT, signal, () => {
      const table = this.#machine.table(this.#find(device), options.inactive === true ? 'inactive' : 'live');
      const request = { noFlush: options.noFlush ?? false };
      return (table?.lines ?? []).map(({ spec, target }) => ({
        start: spec.start as Sectors,
        length: spec.length as Sectors,
        type: spec.type,
        text: fromBytes(target.status(request)),
      }));
    });
  }

  async table(device: DeviceName, options: Pick<StatusOptions, 'inactive'> = {}): Promise<Table> {
    return this.#call('table', device, NO_TEXT, undefined, () => {
      const table = this.#machine.table(this.#find(device), options.inactive === true ? 'inactive' : 'live');
      return (table?.lines ?? []).map(({ spec, target }) => ({
        start: spec.start as Sectors,
        length: spec.length as Sectors,
        type: spec.type,
        params: fromBytes(target.tableParams()),
      }));
    });
  }

  async deps(device: DeviceName, options: Pick<StatusOptions, 'inactive'> = {}): Promise<readonly DeviceNumber[]> {
    return this.#call('deps', device, NO_TEXT, undefined, () => {
      const table = this.#machine.table(this.#find(device), options.inactive === true ? 'inactive' : 'live');
      return (table?.devices ?? []).map(({ number }) => ({ ...number }));
    });
  }

  async message(device: DeviceName, sector: Sectors, text: string, signal?: CancelSignal): Promise<string | undefined> {
    return this.#call(
      'message',
      device,
      () => text,
      signal,
      () => {
        const result = this.#machine.message(this.#find(device), sector, toBytes(text));
        // The odd return of 6.1.176 (dm-kernel.md 0.1) is what the port calls EINVAL.
        if (result === 'returns-2') throw new Refusal('EINVAL', 'the device has no table');
        return result.answer === undefined ? undefined : fromBytes(result.answer);
      },
    );
  }

  async sequence(commands: readonly KernelCommand[], signal?: CancelSignal): Promise<void> {
    for (const command of commands) await this.#execute(command, signal);
  }

  async waitEvent(device: DeviceName, seen: number, signal?: CancelSignal): Promise<number> {
    return this.#call('waitEvent', device, NO_TEXT, signal, () =>
      nextEvent(this.#find(device), seen, signal, this.#closing.signal),
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  attach(number: DeviceNumber, store: BlockStore): void {
    this.#blocks.attach(number, store);
  }

  detach(number: DeviceNumber): void {
    this.#blocks.detach(number);
  }

  openCount(number: DeviceNumber): number {
    return this.#blocks.openCount(number);
  }

  open(number: DeviceNumber, options?: OpenHandleOptions): BlockHandle {
    return this.#blocks.open(number, options);
  }

  lookup(path: string): DeviceNumber | undefined {
    return this.#blocks.lookup(path);
  }

  onLookup(resolve: (path: string) => DeviceNumber | undefined): void {
    this.#blocks.onLookup(resolve);
  }

  onLastClose(listener: (number: DeviceNumber) => void): void {
    this.#blocks.onLastClose(listener);
  }

  /** Another opening of the same machine's control device, as another process has it; this one may be closed. */
  reopen(): FakeKernel {
    return new FakeKernel(this.#machine);
  }

  /**
   * The machine after a crash or a power cut: a new kernel over the same disks, with what was committed and no mapped
   * devices. The old one answers no more. Paths have to be told anew (`onLookup`).
   */
  reboot(): FakeKernel {
    this.faults.crashNow();
    const machine = new Machine(this.#machine.options);
    for (const disk of this.#machine.blocks.disks()) machine.blocks.attach(disk.number, disk.store);
    return new FakeKernel(machine);
  }

  #find(device: DeviceName): MappedDevice {
    return this.#machine.devices.named(toBytes(device));
  }

  #execute(command: KernelCommand, signal: CancelSignal | undefined): Promise<unknown> {
    const { device } = command;
    switch (command.command) {
      case 'create':
        return this.create(device, command, signal);
      case 'load':
        return this.load(device, command.table, command, signal);
      case 'resume':
        return this.resume(device, command, signal);
      case 'suspend':
        return this.suspend(device, command, signal);
      case 'clear':
        return this.clear(device, signal);
      case 'remove':
        return this.remove(device, command, signal);
      case 'message':
        return this.message(device, command.sector, command.text, signal);
    }
  }

  /** What every command has in common: time, faults, and errors in the port's words. */
  async #call<Result>(
    kind: CallKind,
    device: string,
    text: () => string,
    signal: CancelSignal | undefined,
    command: () => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      if (this.#closing.signal.aborted)
        throw new DmError('CLOSED', `${kind} on "${device}": this kernel was closed`, {
          operation: kind,
          subject: device,
        });
      if (signal?.aborted === true)
        throw new DmError('ABORTED', `${kind} on "${device}" was cancelled before it was asked for`, {
          operation: kind,
          subject: device,
          cause: signal.reason,
        });
      this.#machine.time.runDue();
      const succeeded = this.faults.begin({ kind, device, text });
      const pending = command();
      const result = pending instanceof Promise ? await pending : pending;
      succeeded?.();
      return result;
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      throw commandError(kind === 'setUuid' ? 'rename' : kind, device, failure.errno, {
        cause: failure,
        ...(text === NO_TEXT ? {} : { argument: text() }),
      });
    }
  }
}
