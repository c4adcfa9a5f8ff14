import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Steps } from '@dmthin/conformance';
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
} from 'dmthin';
import { Container } from 'inversify';

/** How a process ends: alone, or with its machine, of whose disks a power cut takes all or some of what was not synced. */
export const ENDS = [
  'it is killed',
  'the power goes',
  'the power goes, and some of what was not synced is there',
] as const;
export type End = (typeof ENDS)[number];

const SMALL = ['dm.basesize=16M', 'dm.loopdatasize=64M', 'dm.loopmetadatasize=4M'];

/** One machine with one root: what outlives a process, and, of what is on its disks, a power cut. */
export class CrashMachine {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), 'dmthin-crash-')));
  /** The file system of the records. */
  readonly records: MemoryDisk = new MemoryDisk();
  readonly #disks = new Map<string, VolatileStore>();
  /** What the process that runs has open of block devices. */
  readonly #open = new Set<BlockDevice>();
  /** What becomes of what was not synced; the same in each run. */
  #chance = 1;
  #kernel: FakeKernel;
  #host: FakeHost;

  private constructor() {
    this.#kernel = createFakeKernel({ clock: new ManualClock() });
    this.#host = this.#newHost();
  }

  static async start(): Promise<CrashMachine> {
    const machine = new CrashMachine();
    await machine.#host.reset();
    return machine;
  }

  /** The disk behind a file of the root. */
  disk(file: string): VolatileStore {
    const { size } = statSync(join(this.root, file));
    const disk = this.#disks.get(file) ?? new VolatileStore(new MemoryStore(size));
    this.#disks.set(file, disk);
    if (disk.size !== size) disk.resize(size);
    return disk;
  }

  /** A process opens the driver on the root; `steps` counts what it does. */
  async open(steps: Steps, options: readonly string[]): Promise<GraphDriver> {
    const container = new Container({ defaultScope: 'Singleton' });
    container.load(...driverModules({ root: this.root, kernel: 'fake', storageOptions: [...SMALL, ...options] }));
    const { fileAttributes, filesystems, loopDevices, mounts } = this.#host;
    const records = await openDockerRecords({ directory: this.root, disk: this.records });
    container.rebind(KERNEL).toConstantValue(steps.kernel(this.#kernel.reopen()));
    container.rebind(RECORDS).toConstantValue(steps.records(records));
    container.rebind(BLOCK_DEVICES).toConstantValue(this.#blockDevices(steps));
    container.rebind(LOOP_DEVICES).toConstantValue(steps.port(loopDevices));
    container.rebind(FILESYSTEMS).toConstantValue(steps.port(filesystems));
    container.rebind(MOUNTS).toConstantValue(steps.port(mounts));
    container.rebind(FILE_ATTRIBUTES).toConstantValue(steps.port(fileAttributes));
    return container.getAsync(GRAPH_DRIVER);
  }

  /** The process that has the root open ends so. */
  async end(how: End): Promise<void> {
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
    await this.#host.reset();
  }

  /** Nothing of it is left. */
  async discard(): Promise<void> {
    await this.#host.reset();
    rmSync(this.root, { recursive: true });
  }

  #newHost(): FakeHost {
    return createFakeHost({
      layer: this.#kernel,
      openStore: (file) => this.disk(relative(this.root, file)),
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
