import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mishap, Steps } from '@dmthin/conformance';
import { deviceName, formatDeviceNumber, sectors, thinPoolTable } from '@dmthin/domain';
import { createFakeHost, type FakeHost } from '@dmthin/host-fake';
import { createFakeKernel, type FakeKernel, ManualClock, MemoryStore, VolatileStore } from '@dmthin/kernel-fake';
import type { BlockDevice, BlockDevices } from '@dmthin/ports';
import { MemoryDisk, openDockerRecords } from '@dmthin/records-docker';
import {
  BLOCK_DEVICES,
  driverModules,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  GRAPH_DRIVER,
  type GraphDriver,
  KERNEL,
  LOOP_DEVICES,
  MOUNTS,
  RECORDS,
  VOLUME_GROUPS,
} from 'dmthin';
import { Container } from 'inversify';
import { countOwnFiles, endOwnFiles } from './own-files.ts';

/** How a process ends: alone, or with its machine, of whose disks a power cut takes what was not synced, or some of it. */
export type End = 'it is killed' | 'the power goes' | 'the power goes, and takes some of what was not synced';

/** Where the pool comes from: files of the root, or devices outside. */
export type PoolOrigin = 'own' | 'own, of the size that nobody gave' | 'given';

/** Each end, and when it comes. */
export const ENDS: readonly { readonly end: End; readonly moments: readonly Mishap[] }[] = [
  { end: 'it is killed', moments: ['end-before', 'end-after'] },
  { end: 'the power goes', moments: ['end-before', 'end-after'] },
  { end: 'the power goes, and takes some of what was not synced', moments: ['end-after'] },
];

const MIB = 2 ** 20;
const GIVEN = deviceName('given');
/** Disks of the machine that are no files of the root. */
const METADATA_DISK = 'sda';
const DATA_DISK = 'sdb';
const SIZES: Readonly<Record<PoolOrigin, readonly string[]>> = {
  own: ['dm.loopdatasize=64M', 'dm.loopmetadatasize=4M'],
  'own, of the size that nobody gave': [],
  given: [`dm.thinpooldev=${GIVEN}`],
};

/** One machine with one root: what outlives a process, and, of what is on its disks, a power cut. */
export class CrashMachine {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'dmthin-crash-')));
  /** The file system of the records. */
  readonly records: MemoryDisk = new MemoryDisk();
  readonly #disks = new Map<string, VolatileStore>();
  /** What the process that runs has open of block devices. */
  readonly #open = new Set<BlockDevice>();
  readonly #pool: PoolOrigin;
  /** What becomes of what was not synced; the same in each run. */
  #chance = 1;
  #kernel: FakeKernel;
  #host: FakeHost;

  private constructor(pool: PoolOrigin) {
    this.#pool = pool;
    this.#kernel = createFakeKernel({ clock: new ManualClock() });
    this.#host = this.#newHost();
  }

  /** `given`: there is a pool that the driver did not make, and that is there again after a power cut. */
  static async start(pool: PoolOrigin = 'own'): Promise<CrashMachine> {
    const machine = new CrashMachine(pool);
    await machine.#boot();
    return machine;
  }

  /** Where the pool's metadata is. */
  get metadata(): VolatileStore {
    return this.#disk(this.#pool === 'given' ? METADATA_DISK : join(this.root, 'devicemapper/metadata'));
  }

  /** Mapped devices that nobody can use: suspended, or without a table. */
  async stuckDevices(): Promise<readonly string[]> {
    const devices = await Promise.all((await this.#kernel.list()).map(({ name }) => this.#kernel.info(name)));
    return devices.filter(({ hasLiveTable, isSuspended }) => !hasLiveTable || isSuspended).map(({ name }) => name);
  }

  /** A process opens the driver on the root; `steps` counts what it does. */
  async open(steps: Steps, options: readonly string[]): Promise<GraphDriver> {
    countOwnFiles(steps);
    const storageOptions = ['dm.basesize=16M', ...SIZES[this.#pool], ...options];
    const container = new Container({ defaultScope: 'Singleton' });
    container.load(...driverModules({ root: this.root, kernel: 'fake', storageOptions }));
    const { fileAttributes, filesystems, loopDevices, mounts } = this.#host;
    const records = await openDockerRecords({ directory: this.root, disk: this.records });
    container.rebind(KERNEL).toConstantValue(steps.kernel(this.#kernel.reopen()));
    container.rebind(RECORDS).toConstantValue(steps.records(records));
    container.rebind(BLOCK_DEVICES).toConstantValue(this.#blockDevices(steps));
    container.rebind(LOOP_DEVICES).toConstantValue(steps.port(loopDevices));
    container.rebind(FILESYSTEMS).toConstantValue(steps.port(filesystems));
    container.rebind(MOUNTS).toConstantValue(steps.port(mounts));
    container.rebind(FILE_ATTRIBUTES).toConstantValue(steps.port(fileAttributes));
    container.rebind(VOLUME_GROUPS).toConstantValue(this.#host.volumeGroups);
    return container.getAsync(GRAPH_DRIVER);
  }

  /** The process that has the root open ends so. */
  async end(how: End): Promise<void> {
    await endOwnFiles();
    for (const device of this.#open) await device.close();
    this.#open.clear();
    const place = join(this.root, 'dmthin');
    for (const name of readdirSync(place)) if (name.startsWith('lock.')) rmSync(join(place, name));
    if (how === 'it is killed') return;
    this.#kernel.faults.crashNow();
    const keepsSome = how !== 'the power goes';
    for (const disk of this.#disks.values()) disk.cutPower(keepsSome ? () => this.#random() : undefined);
    this.records.cutPower(keepsSome ? 'loses some' : 'loses everything');
    this.#kernel = createFakeKernel({ clock: new ManualClock() });
    this.#host = this.#newHost();
    await this.#boot();
  }

  /** Nothing of it is left. */
  async discard(): Promise<void> {
    await this.#host.reset();
    rmSync(this.root, { recursive: true });
  }

  async #boot(): Promise<void> {
    await this.#host.reset();
    if (this.#pool !== 'given') return;
    const disks = [METADATA_DISK, DATA_DISK].map((file, minor) => {
      const number = { major: 8, minor };
      this.#kernel.attach(number, this.#disk(file));
      return formatDeviceNumber(number);
    });
    const [metadata = '', data = ''] = disks;
    const table = thinPoolTable({ metadata, data, blockSize: sectors(128), size: sectors(64 * 2048) });
    await this.#kernel.sequence([
      { command: 'create', device: GIVEN },
      { command: 'load', device: GIVEN, table },
      { command: 'resume', device: GIVEN },
    ]);
  }

  /** The disk behind a file, as large as that is now. */
  #disk(path: string): VolatileStore {
    const size = path === METADATA_DISK ? 4 * MIB : path === DATA_DISK ? 64 * MIB : statSync(path).size;
    const disk = this.#disks.get(path) ?? new VolatileStore(new MemoryStore(size));
    this.#disks.set(path, disk);
    if (disk.size !== size) disk.resize(size);
    return disk;
  }

  #newHost(): FakeHost {
    return createFakeHost({
      layer: this.#kernel,
      openStore: (file) => this.#disk(file),
      stateDirectory: join(this.root, 'dmthin', 'machine'),
    });
  }

  /** What a process has open is closed where it ends. */
  #blockDevices(steps: Steps): BlockDevices {
    const counted = steps.port(this.#host.blockDevices);
    return {
      identify: (path) => counted.identify(path),
      size: (path) => counted.size(path),
      open: async (path, options) => {
        const device = await this.#host.blockDevices.open(path, options);
        this.#open.add(device);
        return steps.port(device);
      },
    };
  }

  #random(): number {
    this.#chance = (Math.imul(this.#chance, 1_103_515_245) + 12_345) >>> 0;
    return this.#chance / 2 ** 32;
  }
}
