import { resolve } from 'node:path';
import type { AttachOptions, LoopDevice, LoopDevices } from '@dmthin/ports';
import type { HostThreads } from '../thread/host-threads.ts';
import { loopDevice } from './loop-calls.ts';

/**
 * The loop devices of this machine. The kernel detaches one at the last close of anybody, a look included; so each that
 * was attached here is held open until it is detached or this process ends.
 */
export class LinuxLoopDevices implements LoopDevices {
  readonly #threads: HostThreads;
  /** The descriptors, by minor. */
  readonly #held = new Map<number, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  attach(file: string, { readOnly = false }: AttachOptions = {}): Promise<LoopDevice> {
    const path = resolve(file);
    return this.#inTurn(async () => {
      const attached = await this.#threads.run('findLoop', [path]);
      if (attached !== undefined) return attached;
      const { minor, heldBy } = await this.#threads.run('attachLoop', [path, readOnly]);
      this.#held.set(minor, heldBy);
      return loopDevice(minor, path);
    });
  }

  find(file: string): Promise<LoopDevice | undefined> {
    return this.#threads.run('findLoop', [resolve(file)]);
  }

  list(): Promise<readonly LoopDevice[]> {
    return this.#threads.run('listLoops', []);
  }

  async refreshSize(loop: LoopDevice): Promise<void> {
    await this.#threads.run('refreshLoop', [loop]);
  }

  detach(loop: LoopDevice): Promise<void> {
    return this.#inTurn(async () => {
      const heldBy = this.#held.get(loop.number.minor);
      this.#held.delete(loop.number.minor);
      await this.#threads.run('detachLoop', [loop, heldBy]);
    });
  }

  /** Lets go of all: those without another user detach themselves. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const [minor, heldBy] of this.#held) await this.#threads.run('closeDevice', [`/dev/loop${minor}`, heldBy]);
      this.#held.clear();
    });
  }

  /** Two that attach the same file at once have one loop device: the second finds what the first did. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
