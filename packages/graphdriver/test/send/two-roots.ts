import { type Bytes, deviceName, sectorsOf, thinTable, volumeId } from '@dmthin/domain';
import type { GraphDriver } from '@dmthin/graphdriver';
import { type FakeWorld, fakeWorld, type MachinePorts } from '../driver/driver-world.ts';

const SCRATCH = deviceName('scratch');

/** A root on a machine of its own, whose layers are looked at and written to below the driver. */
export class Root implements AsyncDisposable {
  readonly world: FakeWorld;
  readonly #options: readonly string[];
  driver: GraphDriver;

  private constructor(world: FakeWorld, driver: GraphDriver, options: readonly string[]) {
    this.world = world;
    this.driver = driver;
    this.#options = options;
  }

  /** `blockSize` in KiB. */
  static async open(blockSize: number, ports: Partial<MachinePorts> = {}): Promise<Root> {
    const world = await fakeWorld('memory', () => ports);
    const options = [`dm.blocksize=${blockSize}K`, 'dm.basesize=4M', 'dm.fs=ext4'];
    return new Root(world, await world.open(options), options);
  }

  /** The process ends; another opens the root. */
  async reopen(): Promise<void> {
    this.driver = await this.world.open(this.#options);
  }

  async content(id: string): Promise<Buffer> {
    return this.#onDevice(id, (device, size) => Buffer.from(device.read(0, Number(size))));
  }

  /** The thin ids of the pool's blocks are what is counted; `mapped` in bytes. */
  async mapped(id: string): Promise<{ readonly mapped: bigint; readonly exclusive: bigint }> {
    const found = (await this.driver.sharing()).get(volumeId(id));
    if (found === undefined) throw new Error(`the pool has no ${id}`);
    return { mapped: found.mapped, exclusive: found.exclusive };
  }

  /** Changes the blocks of a layer that was not sent yet. */
  async scribble(id: string, changes: readonly Scribble[]): Promise<void> {
    await this.#onDevice(id, (device, size) => {
      for (const { at, length, byte } of changes) {
        const offset = Math.min(at * 512, Number(size) - 512);
        const end = Math.min(offset + length * 512, Number(size));
        if (byte === 'discard') device.discard(offset, end - offset);
        else device.write(offset, new Uint8Array(end - offset).fill(byte));
      }
      device.flush();
    });
  }

  async #onDevice<T>(
    id: string,
    work: (device: ReturnType<FakeWorld['kernel']['open']>, size: Bytes) => T,
  ): Promise<T> {
    const { kernel } = this.world;
    const { deviceId, size } = this.driver.layer(id);
    const pool = `/dev/mapper/${(await this.driver.status()).poolName}`;
    const table = thinTable({ pool, thinId: deviceId as never, size: sectorsOf(size) });
    await kernel.sequence([
      { command: 'create', device: SCRATCH },
      { command: 'load', device: SCRATCH, table },
      { command: 'resume', device: SCRATCH },
    ]);
    const device = kernel.open((await kernel.info(SCRATCH)).number);
    try {
      return work(device, size);
    } finally {
      device.close();
      await kernel.remove(SCRATCH);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close().catch(() => undefined);
    await this.world[Symbol.asyncDispose]();
  }
}

/** In sectors. */
export interface Scribble {
  readonly at: number;
  readonly length: number;
  readonly byte: number | 'discard';
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}

/** A stream in pieces of any size, cut off after `end` bytes. */
export async function* inPieces(
  content: Uint8Array,
  piece: number = 10_007,
  end: number = content.length,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < end; at += piece) yield content.subarray(at, Math.min(at + piece, end));
}
