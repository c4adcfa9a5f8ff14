import {
  type DeviceName,
  DmError,
  type DmErrorCode,
  deviceName,
  devicePath,
  type ErrnoName,
  type PoolStatus,
  parsePoolStatus,
  parseThinStatus,
  type Sectors,
  sectors,
  type Table,
  type ThinStatus,
} from '@dmthin/domain';
import type { BlockDevice, Kernel, ListedDevice, OpenBlockOptions } from '@dmthin/ports';
import { expect } from 'chai';
import { failureOf } from '../failure-of.ts';
import type { KernelFixture } from './kernel-fixture.ts';

export const SECTOR = 512;
/** The pools of the suite have blocks of 64 KiB, the smallest there are. */
export const BLOCK_SECTORS = 128;
export const BLOCK: number = BLOCK_SECTORS * SECTOR;

export interface PoolOptions {
  /** Data blocks; 64 unless said. */
  readonly blocks?: number;
  /** In metadata blocks of 4 KiB; 512 unless said. */
  readonly metadataBlocks?: number;
  readonly lowWaterMark?: number;
  readonly features?: readonly string[];
}

/** What a case works with: names nobody else uses, shorthand for what all cases do, and the clearing up. */
export class Workbench {
  readonly kernel: Kernel;
  readonly #fixture: KernelFixture;
  readonly #prefix: string;
  readonly #names: DeviceName[] = [];
  readonly #open = new Set<BlockDevice>();

  constructor(fixture: KernelFixture) {
    this.#fixture = fixture;
    this.kernel = fixture.kernel;
    this.#prefix = `conformance-${Math.random().toString(36).slice(2, 8)}`;
  }

  /** A device name of this case; it is cleared up at the end. */
  readonly name = (suffix: string): DeviceName => {
    const name = deviceName(`${this.#prefix}-${suffix}`);
    if (!this.#names.includes(name)) this.#names.push(name);
    return name;
  };

  readonly disk = (size = 2048): Promise<string> => {
    return this.#fixture.disk(size);
  };

  /** Creates a device, loads `table` and resumes. */
  readonly up = async (
    suffix: string,
    table: Table,
    options: { readonly readOnly?: boolean } = {},
  ): Promise<DeviceName> => {
    const name = this.name(suffix);
    await this.kernel.create(name);
    await this.kernel.load(name, table, options);
    await this.kernel.resume(name);
    return name;
  };

  /** Gives a live device another table. */
  readonly reload = async (name: DeviceName, table: Table): Promise<void> => {
    await this.kernel.load(name, table);
    await this.kernel.resume(name);
  };

  readonly open = async (name: DeviceName, options?: OpenBlockOptions): Promise<BlockDevice> => {
    return this.openPath(devicePath(name), options);
  };

  readonly openPath = async (path: string, options?: OpenBlockOptions): Promise<BlockDevice> => {
    const device = await this.#fixture.blockDevices.open(path, options);
    this.#open.add(device);
    return device;
  };

  readonly close = async (device: BlockDevice): Promise<void> => {
    this.#open.delete(device);
    await device.close();
  };

  /** Opens, does, and closes. */
  readonly using = async <Result>(name: DeviceName, act: (device: BlockDevice) => Promise<Result>): Promise<Result> => {
    const device = await this.open(name);
    try {
      return await act(device);
    } finally {
      await this.close(device);
    }
  };

  /** Fills a range with `byte`, and makes it last. */
  readonly write = async (name: DeviceName, offset: number, length: number, byte: number): Promise<void> => {
    await this.using(name, async (device) => {
      await device.write(BigInt(offset), new Uint8Array(length).fill(byte));
      await device.flush();
    });
  };

  /** The byte that the whole range is filled with; -1 where it is not of one kind. */
  readonly byteAt = async (name: DeviceName, offset: number, length: number): Promise<number> => {
    return this.using(name, async (device) => {
      const bytes = await device.read(BigInt(offset), length);
      expect(bytes.length).to.equal(length);
      return bytes.every((byte) => byte === bytes[0]) ? (bytes[0] ?? -1) : -1;
    });
  };

  readonly discard = async (name: DeviceName, offset: number, length: number): Promise<void> => {
    await this.using(name, (device) => device.discard(BigInt(offset), BigInt(length)));
  };

  /** Makes disks and a live thin pool on them. */
  readonly pool = async (options: PoolOptions = {}): Promise<PoolBench> => {
    const { blocks = 64, metadataBlocks = 512 } = options;
    const metadata = await this.disk(metadataBlocks * 8);
    const data = await this.disk(blocks * BLOCK_SECTORS);
    const name = await this.up('pool', poolTable(metadata, data, options));
    return new PoolBench(this, name, metadata, data);
  };

  /** Removes every device of the case, whatever state it left them in, then what is left. */
  async clear(): Promise<void> {
    for (const device of [...this.#open]) await this.close(device);
    const there = new Set((await this.#listed()).map(({ name }) => name as string));
    const mine = this.#names.filter((name) => there.has(name)).reverse();
    for (let rounds = 3; rounds > 0 && mine.length > 0; rounds--)
      for (const name of [...mine]) if (await this.#removed(name)) mine.splice(mine.indexOf(name), 1);
    expect(mine, 'devices left behind').to.deep.equal([]);
  }

  /** A case may have closed the kernel. */
  async #listed(): Promise<readonly ListedDevice[]> {
    try {
      return await this.kernel.list();
    } catch (failure) {
      if (DmError.is(failure, 'CLOSED')) return [];
      throw failure;
    }
  }

  async #removed(name: DeviceName): Promise<boolean> {
    try {
      await this.kernel.remove(name);
      return true;
    } catch (failure) {
      if (DmError.is(failure, 'NOT_FOUND')) return true;
      if (!DmError.is(failure, 'BUSY')) throw failure;
      return false;
    }
  }

  /** Expects `attempt` to fail with the code, and with the errno where this kernel tells it. */
  readonly refuses = async (attempt: Promise<unknown>, code: DmErrorCode, errno: ErrnoName): Promise<void> => {
    const { code: actualCode, errno: actualErrno, message } = await failureOf(attempt);
    if (this.kernel.capabilities.exactErrno)
      expect(`${actualCode} ${actualErrno}`, message).to.equal(`${code} ${errno}`);
    else expect(actualCode, message).to.equal(code);
  };
}

/** A live pool of a case. */
export class PoolBench {
  readonly name: DeviceName;
  readonly metadata: string;
  readonly data: string;
  readonly #bench: Workbench;

  constructor(bench: Workbench, name: DeviceName, metadata: string, data: string) {
    this.#bench = bench;
    this.name = name;
    this.metadata = metadata;
    this.data = data;
  }

  message(text: string): Promise<string | undefined> {
    return this.#bench.kernel.message(this.name, sectors(0), text);
  }

  table(options: PoolOptions = {}): Table {
    return poolTable(this.metadata, this.data, options);
  }

  thinTable(id: number, blocks = 64, origin?: string): Table {
    const params = `${devicePath(this.name)} ${id}${origin === undefined ? '' : ` ${origin}`}`;
    return [line(0, blocks * BLOCK_SECTORS, 'thin', params)];
  }

  /** Makes a live thin device; `create_thin` comes before it where `isNew`. */
  async thin(id: number, options: { readonly isNew?: boolean; readonly blocks?: number } = {}): Promise<DeviceName> {
    if (options.isNew !== false) await this.message(`create_thin ${id}`);
    return this.#bench.up(`thin${id}`, this.thinTable(id, options.blocks));
  }

  async statusLine(): Promise<string> {
    return this.#bench.kernel.status(this.name).then(([target]) => target?.text ?? '');
  }

  async status(): Promise<Extract<PoolStatus, { readonly kind: 'ok' }>> {
    const status = parsePoolStatus(await this.statusLine());
    if (status.kind !== 'ok') throw new Error(`the pool says ${status.kind}`);
    return status;
  }

  async usedData(): Promise<number> {
    return Number((await this.status()).data.used);
  }

  async events(): Promise<number> {
    return (await this.#bench.kernel.info(this.name)).eventNumber;
  }

  async thinStatus(name: DeviceName): Promise<ThinStatus> {
    const [target] = await this.#bench.kernel.status(name);
    return parseThinStatus(target?.text ?? '');
  }
}

export function line(start: number, length: number, type: string, params = ''): Table[number] {
  return { start: sectors(start) as Sectors, length: sectors(length) as Sectors, type, params };
}

export function linear(path: string, length = 64, offset = 0): Table {
  return [line(0, length, 'linear', `${path} ${offset}`)];
}

function poolTable(metadata: string, data: string, options: PoolOptions): Table {
  const { blocks = 64, lowWaterMark = 0, features = [] } = options;
  const words = [metadata, data, BLOCK_SECTORS, lowWaterMark];
  if (features.length > 0) words.push(features.length, ...features);
  return [line(0, blocks * BLOCK_SECTORS, 'thin-pool', words.join(' '))];
}
