import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeviceName, deviceName, parseStorageOptions, sectors, sectorsOf, thinPoolTable } from '@dmthin/domain';
import {
  type GraphDriver,
  type GraphDriverPorts,
  type GraphDriverSettings,
  openGraphDriver,
} from '@dmthin/graphdriver';
import { createFakeHost, type FakeHost } from '@dmthin/host-fake';
import { createFakeKernel, type FakeKernel, FileStore, systemClock } from '@dmthin/kernel-fake';
import type { LogLevel, Records } from '@dmthin/ports';
import { openDockerRecords } from '@dmthin/records-docker';
import { createMemoryRecords, createMemoryStore, type MemoryStore } from '@dmthin/records-memory';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** A machine to run the driver on, with one root. */
export interface DriverWorld extends AsyncDisposable {
  readonly root: string;
  readonly ports: MachinePorts;
  readonly log: readonly LogLine[];
  /** Opens the driver on the root; `options` as for `--storage-opt`. The small sizes of `SMALL` come before them. */
  open(options?: readonly string[], settings?: Partial<GraphDriverSettings>): Promise<GraphDriver>;
  /** A thin pool made by somebody else, under this name, of 256 MiB. */
  makePool(name: string): Promise<DeviceName>;
}

export type MachinePorts = Omit<GraphDriverPorts, 'records'>;
export type MakeWorld = () => Promise<DriverWorld>;

export const MIB: number = 2 ** 20;
/** What tests need no more than. */
export const SMALL: readonly string[] = ['dm.basesize=20M', 'dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'];

/** What only a machine in memory can do. */
export interface FakeWorld extends DriverWorld {
  readonly kernel: FakeKernel;
  readonly host: FakeHost;
  readonly store: MemoryStore;
}

/** The fake kernel and host, and records of either kind; `change` puts other ports in the place of some of them. */
export async function fakeWorld(
  records: 'memory' | 'docker',
  change: (ports: MachinePorts) => Partial<MachinePorts> = () => ({}),
): Promise<FakeWorld> {
  const directory = await temporaryDirectory();
  const root = join(directory.path, 'devicemapper');
  const kernel = createFakeKernel();
  const host = createFakeHost({
    layer: kernel,
    kernel,
    openStore: (file) => new FileStore(file),
    stateDirectory: join(directory.path, 'state'),
  });
  const log: LogLine[] = [];
  const store = createMemoryStore();
  const openRecords = async (): Promise<Records> =>
    records === 'memory' ? createMemoryRecords(store) : openDockerRecords({ directory: root, isDurable: false });
  const machine: MachinePorts = {
    kernel,
    clock: systemClock,
    log: { write: (level: LogLevel, message: string) => void log.push({ level, message }) },
    blockDevices: host.blockDevices,
    loopDevices: host.loopDevices,
    filesystems: host.filesystems,
    mounts: host.mounts,
    fileAttributes: host.fileAttributes,
    volumeGroups: host.volumeGroups,
  };
  const ports = { ...machine, ...change(machine) };
  let held: Records | undefined;
  return {
    root,
    ports,
    log,
    kernel,
    host,
    store,
    async open(options = [], settings = {}) {
      held = await openRecords();
      return openDriver(ports, held, root, [...SMALL, ...options], settings);
    },
    makePool: (name) => makePool(machine, directory.path, name),
    async [Symbol.asyncDispose]() {
      await held?.close().catch(() => undefined);
      await host.reset();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Opens the driver on a root; the records are closed after it, or where it fails. */
export async function openDriver(
  ports: MachinePorts,
  records: Records,
  root: string,
  options: readonly string[],
  settings: Partial<GraphDriverSettings>,
): Promise<GraphDriver> {
  const afterClose = (): Promise<void> => records.close();
  try {
    return await openGraphDriver(
      { ...ports, records },
      { root, options: parseStorageOptions(options), afterClose, ...settings },
    );
  } catch (error) {
    await records.close();
    throw error;
  }
}

/** A pool over sparse files in `directory`. */
export async function makePool(
  { kernel, loopDevices, blockDevices }: Pick<MachinePorts, 'kernel' | 'loopDevices' | 'blockDevices'>,
  directory: string,
  name: string,
): Promise<DeviceName> {
  const make = async (file: string, size: number): Promise<string> => {
    const path = join(directory, file);
    await writeFile(path, '');
    await truncate(path, size);
    return (await loopDevices.attach(path)).path;
  };
  const device = deviceName(name);
  const data = await make(`${name}-data`, 256 * MIB);
  const metadata = await make(`${name}-metadata`, 8 * MIB);
  const size = sectorsOf(await blockDevices.size(data));
  await kernel.sequence([
    { command: 'create', device },
    { command: 'load', device, table: thinPoolTable({ metadata, data, size, blockSize: sectors(128) }) },
    { command: 'resume', device },
  ]);
  return device;
}
