import type { DeviceName, DeviceNumber, DeviceUuid, Sectors, Table } from '@dmthin/domain';
import type { Hop, HopArguments, HopResult } from '@dmthin/libc';
import type {
  CancelSignal,
  CreateOptions,
  DeviceInfo,
  Kernel,
  KernelCapabilities,
  KernelCommand,
  KernelVersion,
  ListedDevice,
  LoadOptions,
  RemoveOptions,
  StatusOptions,
  SuspendOptions,
  TargetStatus,
  TargetVersion,
} from '@dmthin/ports';
import type { EventSource } from './event/event-source.ts';
import { waitEvent } from './event/wait-event.ts';
import type { DeviceMapper } from './mapper/device-mapper.ts';
import type { Version } from './protocol/dm-ioctl-header.ts';

/** Who does what the kernel is asked: the worker threads, or (over a kernel in memory) this thread. */
export interface Hopper {
  run<Name extends Hop<DeviceMapper>>(
    name: Name,
    args: HopArguments<DeviceMapper, Name>,
    signal?: CancelSignal,
  ): Promise<HopResult<DeviceMapper, Name>>;
  close(): Promise<void>;
}

/** The kernel port over struct dm_ioctl: each method is one hop to whoever owns the control device. */
export class IoctlKernel implements Kernel, AsyncDisposable {
  readonly capabilities: KernelCapabilities;
  readonly #driver: Version;
  readonly #hopper: Hopper;
  readonly #events: EventSource;
  readonly #closing = new AbortController();

  /** Made by `openIoctlKernel`. */
  constructor(parts: { capabilities: KernelCapabilities; driver: Version; hopper: Hopper; events: EventSource }) {
    this.capabilities = parts.capabilities;
    this.#driver = parts.driver;
    this.#hopper = parts.hopper;
    this.#events = parts.events;
  }

  async version(): Promise<KernelVersion> {
    return { driver: this.#driver.join('.'), library: undefined };
  }

  targets(): Promise<readonly TargetVersion[]> {
    return this.#hopper.run('targets', []);
  }

  list(): Promise<readonly ListedDevice[]> {
    return this.#hopper.run('list', []);
  }

  info(device: DeviceName): Promise<DeviceInfo> {
    return this.#hopper.run('info', [device]);
  }

  create(device: DeviceName, options?: CreateOptions, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ ...options, command: 'create', device }], signal);
  }

  load(device: DeviceName, table: Table, options?: LoadOptions, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ ...options, command: 'load', device, table }], signal);
  }

  resume(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ ...options, command: 'resume', device }], signal);
  }

  suspend(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ ...options, command: 'suspend', device }], signal);
  }

  clear(device: DeviceName, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ command: 'clear', device }], signal);
  }

  remove(device: DeviceName, options?: RemoveOptions, signal?: CancelSignal): Promise<void> {
    return this.sequence([{ ...options, command: 'remove', device }], signal);
  }

  rename(device: DeviceName, to: DeviceName, signal?: CancelSignal): Promise<void> {
    return this.#hopper.run('rename', [device, to], signal);
  }

  setUuid(device: DeviceName, uuid: DeviceUuid, signal?: CancelSignal): Promise<void> {
    return this.#hopper.run('setUuid', [device, uuid], signal);
  }

  status(device: DeviceName, options?: StatusOptions, signal?: CancelSignal): Promise<readonly TargetStatus[]> {
    return this.#hopper.run('status', [device, options], signal);
  }

  table(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<Table> {
    return this.#hopper.run('table', [device, options]);
  }

  deps(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<readonly DeviceNumber[]> {
    return this.#hopper.run('deps', [device, options]);
  }

  message(device: DeviceName, sector: Sectors, text: string, signal?: CancelSignal): Promise<string | undefined> {
    return this.#hopper.run('message', [device, sector, text], signal);
  }

  sequence(commands: readonly KernelCommand[], signal?: CancelSignal): Promise<void> {
    return this.#hopper.run('sequence', [commands], signal);
  }

  waitEvent(device: DeviceName, seen: number, signal?: CancelSignal): Promise<number> {
    return waitEvent({
      ...{ device, seen, signal, source: this.#events, closing: this.#closing.signal },
      find: (name) => this.#hopper.run('info', [name]),
      look: (number) => this.#hopper.run('infoOf', [number]),
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#hopper.close(), this.#events.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
