import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type DeviceName, DmError, devicePath, sectors } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import { activation, freshName, type LoopDevice, loopDevice, sleep, table } from './machine.ts';

const SIZE = 16_384;
const DELAY_MS = 50;

/** A pool to make thin devices in, with three bad neighbours: a suspended device, a busy one and a slow one. */
export class Neighbourhood {
  readonly #kernel: Kernel;
  readonly #disks: readonly LoopDevice[] = [loopDevice(8192), loopDevice(131_072)];
  readonly #pool = freshName('pool');
  readonly #busy = freshName('busy');
  readonly #zero = freshName('zero');
  readonly #slow = freshName('slow');
  readonly #suspended = freshName('suspended');
  readonly #stuck = freshName('stuck');
  readonly #writers: ChildProcess[] = [];
  #suspending: Promise<void> | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  async settle(): Promise<void> {
    const kernel = this.#kernel;
    const [metadata, data] = this.#disks.map(({ path }) => path);
    await kernel.sequence([
      ...activation(this.#pool, table(131_072, 'thin-pool', `${metadata} ${data} 128 0 1 skip_block_zeroing`)),
      { command: 'message', device: this.#pool, sector: sectors(0), text: 'create_thin 0' },
      ...activation(this.#busy, this.#thin(0)),
      ...activation(this.#zero, table(SIZE, 'zero')),
      ...activation(this.#slow, table(SIZE, 'delay', `${devicePath(this.#zero)} 0 ${DELAY_MS}`)),
      ...activation(this.#suspended, table(SIZE, 'zero')),
      ...activation(this.#stuck, table(SIZE, 'linear', `${devicePath(this.#suspended)} 0`)),
      { command: 'suspend', device: this.#suspended },
    ]);
    // Each dd ends with its device's I/O, and a loop begins the next.
    for (const device of [this.#busy, this.#slow, this.#stuck])
      this.#writers.push(
        spawn(
          'sh',
          [
            '-c',
            `while dd if=/dev/zero of="$0" bs=4k count=64 oflag=direct 2>/dev/null; do :; done`,
            devicePath(device),
          ],
          {
            detached: true,
          },
        ),
      );
    const { minor } = (await kernel.info(this.#stuck)).number;
    while (/^\s*0\s+0\s*$/u.test(readFileSync(`/sys/block/dm-${minor}/inflight`, 'utf8'))) await sleep(20);
  }

  /** Makes, activates, looks at, deactivates and deletes thin devices, while a suspend hangs and others wait for I/O. */
  async live(count: number): Promise<void> {
    const kernel = this.#kernel;
    this.#suspending ??= kernel.suspend(this.#stuck);
    const device = freshName('thin');
    for (let id = 1; id <= count; id += 1) {
      await kernel.message(this.#pool, sectors(0), `create_thin ${id}`);
      await kernel.sequence(activation(device, this.#thin(id)));
      await kernel.status(device);
      await kernel.remove(device);
      await kernel.message(this.#pool, sectors(0), `delete ${id}`);
      if (id % 10 === 0) {
        await kernel.suspend(this.#slow);
        await kernel.resume(this.#slow);
        await kernel.suspend(this.#busy);
        await kernel.resume(this.#busy);
      }
    }
  }

  async leave(): Promise<void> {
    const kernel = this.#kernel;
    const ended = this.#writers.map((writer) => once(writer, 'exit'));
    for (const { pid } of this.#writers) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
    await kernel.resume(this.#suspended);
    await this.#suspending;
    await kernel.resume(this.#stuck).catch((error: unknown) => {
      if (!DmError.is(error)) throw error;
    });
    await Promise.all(ended);
    for (const device of [this.#busy, this.#pool, this.#slow, this.#zero, this.#stuck, this.#suspended])
      await removeOnceClosed(kernel, device);
    for (const disk of this.#disks) disk.detach();
  }

  #thin(id: number): ReturnType<typeof table> {
    return table(SIZE, 'thin', `${devicePath(this.#pool)} ${id}`);
  }
}

/** The last dd may hold it a little longer than its shell. */
async function removeOnceClosed(kernel: Kernel, device: DeviceName): Promise<void> {
  for (;;)
    try {
      return await kernel.remove(device);
    } catch (error) {
      if (!DmError.is(error, 'BUSY')) throw error;
      await sleep(50);
    }
}
