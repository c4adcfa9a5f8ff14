import {
  type DeviceName,
  type DeviceNumber,
  type DeviceUuid,
  explainRefusedLoad,
  formatDeviceNumber,
  isRefusedLoad,
  type Sectors,
  type Table,
} from '@dmthin/domain';
import type {
  DeviceInfo,
  Ioctl,
  KernelCommand,
  ListedDevice,
  StatusOptions,
  TargetStatus,
  TargetVersion,
} from '@dmthin/ports';
import type { NodeKeeper } from '../nodes/node-keeper.ts';
import type { Version } from '../protocol/dm-ioctl-header.ts';
import { FLAG } from '../protocol/flag.ts';
import { decodeNameList } from '../protocol/name-list.ts';
import { decodeTargetDeps } from '../protocol/target-deps.ts';
import { decodeTargetSpecs } from '../protocol/target-spec.ts';
import { decodeTargetVersions } from '../protocol/target-versions.ts';
import { decodeText } from '../protocol/text-payload.ts';
import { questionOf, tableFlags } from './change.ts';
import { Changes } from './changes.ts';
import { deviceInfo } from './device-info.ts';
import { Transactions } from './transactions.ts';

/** The driver as a whole, in errors. */
const DRIVER = 'the driver';

/**
 * The port's commands in the words of struct dm_ioctl, over whatever answers an ioctl. It works where it is called: in
 * the thread that owns the control device or, over a kernel in memory, in the caller's.
 */
export class DeviceMapper {
  readonly #transactions: Transactions;
  readonly #changes: Changes;

  constructor(ioctl: Ioctl, nodes: NodeKeeper) {
    this.#transactions = new Transactions(ioctl);
    this.#changes = new Changes(this.#transactions, nodes);
  }

  async driverVersion(): Promise<Version> {
    const question = { command: 'version', header: {}, operation: 'version', subject: DRIVER } as const;
    return this.#transactions.ask(question, ({ header }) => header.version);
  }

  async targets(): Promise<readonly TargetVersion[]> {
    const question = { command: 'listVersions', header: {}, operation: 'targets', subject: DRIVER } as const;
    const entries = await this.#transactions.ask({ ...question, hasAnswer: true }, ({ payload }) =>
      decodeTargetVersions(payload),
    );
    return entries.map(({ name, version }) => ({ type: name, version: version.join('.') }));
  }

  async list(): Promise<readonly ListedDevice[]> {
    await this.#changes.sweep();
    const question = { command: 'listDevices', header: {}, operation: 'list', subject: DRIVER } as const;
    const entries = await this.#transactions.ask({ ...question, hasAnswer: true }, ({ payload }) =>
      decodeNameList(payload),
    );
    return entries.map(({ name, device }) => ({ name: name as DeviceName, number: device }));
  }

  async info(device: DeviceName): Promise<DeviceInfo> {
    const question = { command: 'status', header: { name: device }, operation: 'info', subject: device } as const;
    return this.#transactions.ask(question, ({ header }) => deviceInfo(header));
  }

  /** The device that has this number, whatever it is called by now. */
  async infoOf(device: DeviceNumber): Promise<DeviceInfo> {
    const subject = formatDeviceNumber(device);
    const question = { command: 'status', header: { device }, operation: 'info', subject } as const;
    return this.#transactions.ask(question, ({ header }) => deviceInfo(header));
  }

  async rename(device: DeviceName, to: DeviceName): Promise<void> {
    await this.#changes.run([{ command: 'rename', device, to }]);
  }

  async setUuid(device: DeviceName, uuid: DeviceUuid): Promise<void> {
    await this.#changes.run([{ command: 'setUuid', device, uuid }]);
  }

  async status(device: DeviceName, options?: StatusOptions): Promise<readonly TargetStatus[]> {
    const lines = await this.#lines(device, 'status', tableFlags(options));
    return lines.map(({ start, length, type, params }) => ({ start, length, type, text: params }));
  }

  table(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<Table> {
    return this.#lines(device, 'table', FLAG.statusTable | tableFlags(options));
  }

  async deps(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<readonly DeviceNumber[]> {
    const header = { name: device, flags: tableFlags(options) };
    const question = { command: 'deps', header, operation: 'deps', subject: device } as const;
    return this.#transactions.ask({ ...question, hasAnswer: true }, ({ payload }) => decodeTargetDeps(payload));
  }

  async message(device: DeviceName, sector: Sectors, text: string): Promise<string | undefined> {
    return this.#transactions.ask(questionOf({ command: 'message', device, sector, text }), ({ header, payload }) =>
      (header.flags & FLAG.dataOut) === 0 ? undefined : decodeText(payload),
    );
  }

  async sequence(commands: readonly KernelCommand[]): Promise<void> {
    try {
      await this.#changes.run(commands);
    } catch (failure) {
      if (!isRefusedLoad(failure)) throw failure;
      const tables = commands.flatMap((command) =>
        command.command === 'load' && command.device === failure.subject ? [command.table] : [],
      );
      const targets = await this.targets().catch(() => undefined);
      throw targets === undefined ? failure : explainRefusedLoad(failure, tables, targets);
    }
  }

  /** Removes the nodes that deferred removals left behind. */
  async close(): Promise<void> {
    await this.#changes.sweep(true);
  }

  async #lines(device: DeviceName, operation: string, flags: number): Promise<Table> {
    const question = { command: 'tableStatus', header: { name: device, flags }, operation, subject: device } as const;
    return this.#transactions.ask({ ...question, hasAnswer: true }, ({ header: { targetCount }, payload }) =>
      decodeTargetSpecs(payload, targetCount, 'status'),
    );
  }
}
