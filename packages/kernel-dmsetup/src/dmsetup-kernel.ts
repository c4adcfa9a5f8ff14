import { type DeviceName, type DeviceNumber, type DeviceUuid, DmError, type Sectors, type Table } from '@dmthin/domain';
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
import { Changes } from './changes.ts';
import { commandLine, tableOptions } from './command/command-line.ts';
import type { Dmsetup } from './dmsetup.ts';
import { type Glimpse, waitEvent } from './event/wait-event.ts';
import { columnOptions, parseColumns } from './output/columns.ts';
import { type DeviceReport, parseDeviceReport } from './output/device-report.ts';
import { parseDeps, parseList, parseTargets } from './output/lists.ts';

/**
 * The kernel port over the dmsetup program: each method is a run of it, some of them two. What it cannot tell as the
 * kernel does is in `capabilities.exactErrno`, which is false: an errno is read out of English words, is made up where
 * dmsetup says only that a device does not exist, and is missing where it refuses by itself.
 */
export class DmsetupKernel implements Kernel, AsyncDisposable {
  readonly capabilities: KernelCapabilities;
  readonly #version: KernelVersion;
  readonly #dmsetup: Dmsetup;
  readonly #changes: Changes;

  /** Made by `openDmsetupKernel`. */
  constructor(parts: { capabilities: KernelCapabilities; version: KernelVersion; dmsetup: Dmsetup }) {
    this.capabilities = parts.capabilities;
    this.#version = parts.version;
    this.#dmsetup = parts.dmsetup;
    this.#changes = new Changes(parts.dmsetup, !parts.capabilities.udevSync);
  }

  async version(): Promise<KernelVersion> {
    const refusal = this.#dmsetup.refusal({ operation: 'version' });
    if (refusal !== undefined) throw refusal;
    return this.#version;
  }

  async targets(): Promise<readonly TargetVersion[]> {
    return parseTargets(await this.#dmsetup.ask({ operation: 'targets' }, commandLine('targets', [])));
  }

  async list(): Promise<readonly ListedDevice[]> {
    return parseList(await this.#dmsetup.ask({ operation: 'list' }, commandLine('ls', [])));
  }

  async info(device: DeviceName): Promise<DeviceInfo> {
    const { info, table } = await this.#report('info', 'table', device);
    return { ...info, isInternallySuspended: await this.#isHeldByPool(device, table) };
  }

  async create(device: DeviceName, options?: CreateOptions, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ ...options, command: 'create', device }], signal);
  }

  async load(device: DeviceName, table: Table, options?: LoadOptions, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ ...options, command: 'load', device, table }], signal);
  }

  async resume(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ ...options, command: 'resume', device }], signal);
  }

  async suspend(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ ...options, command: 'suspend', device }], signal);
  }

  async clear(device: DeviceName, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ command: 'clear', device }], signal);
  }

  /** Where the device stays until its last close, its node goes at once; taking the removal back brings that back. */
  async remove(device: DeviceName, options?: RemoveOptions, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ ...options, command: 'remove', device }], signal);
  }

  async rename(device: DeviceName, to: DeviceName, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ command: 'rename', device, to }], signal);
  }

  async setUuid(device: DeviceName, uuid: DeviceUuid, signal?: CancelSignal): Promise<void> {
    await this.#changes.run([{ command: 'setUuid', device, uuid }], signal);
  }

  async status(device: DeviceName, options?: StatusOptions, signal?: CancelSignal): Promise<readonly TargetStatus[]> {
    const { table } = await this.#report('status', 'status', device, tableOptions(options ?? {}), signal);
    return table.map(({ start, length, type, params }) => ({ start, length, type, text: params }));
  }

  async table(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<Table> {
    // Without --showkeys, dmsetup puts zeros where the kernel prints a key, and the table could not be loaded again.
    const { table } = await this.#report('table', 'table', device, ['--showkeys', ...tableOptions(options ?? {})]);
    return table;
  }

  async deps(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<readonly DeviceNumber[]> {
    const args = commandLine('deps', [device], tableOptions(options ?? {}));
    return parseDeps(await this.#dmsetup.ask({ operation: 'deps', device }, args), device);
  }

  /** dmsetup ends every answer with a line end; where the kernel's had one, it is taken off all the same. */
  async message(device: DeviceName, sector: Sectors, text: string, signal?: CancelSignal): Promise<string | undefined> {
    const answer = await this.#changes.run([{ command: 'message', device, sector, text }], signal);
    return answer === '' ? undefined : answer.replace(/\n$/u, '');
  }

  /**
   * One run for each create, load and resume of a device, and one for any other command. Where the load or the resume of
   * the three fails, dmsetup removes the device again.
   */
  async sequence(commands: readonly KernelCommand[], signal?: CancelSignal): Promise<void> {
    await this.#changes.run(commands, signal);
  }

  async waitEvent(device: DeviceName, seen: number, signal?: CancelSignal): Promise<number> {
    const attempt = { operation: 'waitEvent', device };
    const refusal = this.#dmsetup.refusal(attempt, signal);
    if (refusal !== undefined) throw refusal;
    const ending = new AbortController();
    const end = (): void => ending.abort();
    for (const cancel of [signal, this.#dmsetup.closing]) cancel?.addEventListener('abort', end);
    try {
      return await waitEvent({
        device,
        seen,
        kill: ending.signal,
        refusal: () => this.#dmsetup.refusal(attempt, signal) ?? new DmError('ABORTED', 'the wait was ended', attempt),
        look: () => {
          const look = this.#glimpse(device, [device]);
          this.#changes.holdFor(device, look);
          return look;
        },
        lookAgain: ({ major, minor }) => this.#glimpse(device, [], ['--major', major, '--minor', minor]),
        wait: () => this.#dmsetup.await(attempt, commandLine('wait', [device, String(seen)]), ending.signal),
      });
    } finally {
      for (const cancel of [signal, this.#dmsetup.closing]) cancel?.removeEventListener('abort', end);
    }
  }

  async close(): Promise<void> {
    this.#dmsetup.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #report(
    operation: string,
    command: 'status' | 'table',
    device: DeviceName,
    options: readonly string[] = [],
    signal?: CancelSignal,
  ): Promise<DeviceReport> {
    const args = commandLine(command, [device], ['--verbose', ...options]);
    return parseDeviceReport(await this.#dmsetup.ask({ operation, device }, args, signal), device, operation);
  }

  /** dmsetup shows no internal suspension; a thin device is in it for as long as its pool is suspended. */
  async #isHeldByPool(device: DeviceName, table: Table): Promise<boolean> {
    const thin = table.find(({ type }) => type === 'thin');
    if (thin === undefined) return false;
    const [, major, minor] = /^(\d+):(\d+) /u.exec(thin.params) ?? [];
    // A thin device of a failed pool prints no table.
    if (major === undefined || minor === undefined) return false;
    const options = [...columnOptions('suspended'), '--major', major, '--minor', minor];
    const stdout = await this.#dmsetup.ask({ operation: 'info', device }, commandLine('info', [], options));
    return parseColumns(stdout, 1, 'info', device)[1] === 'Suspended';
  }

  async #glimpse(device: DeviceName, operands: readonly string[], options: readonly string[] = []): Promise<Glimpse> {
    const args = commandLine('info', operands, [...columnOptions('major', 'minor', 'events'), ...options]);
    const stdout = await this.#dmsetup.ask({ operation: 'waitEvent', device }, args);
    const [, major = '', minor = '', events] = parseColumns(stdout, 3, 'waitEvent', device);
    return { major, minor, eventNumber: Number(events) };
  }
}
