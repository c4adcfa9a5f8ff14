import { DmError, type VolumeId } from '@dmthin/domain';
import type { ThinPool } from '@dmthin/engine';
import type { Log } from '@dmthin/ports';

/**
 * Deletes the volumes of snapshots that are gone, one after another, without anybody waiting for it. One that cannot be
 * deleted now is tried again with the next, and by `settle`; what is left when the process ends, the next finds.
 */
export class Removals {
  readonly #pool: ThinPool;
  readonly #log: Log;
  readonly #outstanding = new Set<VolumeId>();
  #pass: Promise<unknown> = Promise.resolve();
  #isAsked = false;
  #isStopped = false;

  constructor(pool: ThinPool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  get size(): number {
    return this.#outstanding.size;
  }

  add(volume: VolumeId): void {
    this.#outstanding.add(volume);
    if (this.#isAsked || this.#isStopped) return;
    this.#isAsked = true;
    this.#pass = this.#pass.then(() => {
      this.#isAsked = false;
      return this.#deleteAll();
    });
  }

  /** Tries all that is outstanding once. @throws DmError the first that one of them met. */
  async settle(): Promise<void> {
    await this.#pass;
    const pass = this.#deleteAll();
    this.#pass = pass;
    const failure = await pass;
    if (failure !== undefined) throw failure;
  }

  /** Begins no more, and waits for the one that has begun. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#pass;
  }

  async #deleteAll(): Promise<unknown> {
    let first: unknown;
    for (const volume of this.#outstanding) {
      if (this.#isStopped) break;
      const failure = await this.#delete(volume);
      if (failure === undefined) this.#outstanding.delete(volume);
      first ??= failure;
    }
    return first;
  }

  /** One that is in use and marked for deletion is the engine's from then on. */
  async #delete(volume: VolumeId): Promise<unknown> {
    try {
      await this.#pool.delete(volume);
      return undefined;
    } catch (error) {
      if (DmError.is(error, 'NOT_FOUND')) return undefined;
      this.#log.write('warn', `volume ${volume} of a removed snapshot cannot be deleted now`, { volume, error });
      return error;
    }
  }
}
