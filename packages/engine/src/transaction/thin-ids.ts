import type { ThinId, ThinIdAllocator } from '@dmthin/domain';
import type { PoolDevice } from '../pool/pool-device.ts';

/** The thin ids that volumes may be given, as far as the records and the pool are known. */
export class ThinIds {
  readonly #allocator: ThinIdAllocator;
  readonly #pool: PoolDevice;
  /** Whether the next one may be taken by a thin device that is not ours: at first, and after one that was. */
  #isInDoubt = true;

  constructor(allocator: ThinIdAllocator, pool: PoolDevice) {
    this.#allocator = allocator;
    this.#pool = pool;
  }

  /**
   * A free id, marked as used. While in doubt the pool is asked about it, so that no intent names the thin device of
   * somebody else. Not each time: the kernel logs a warning for the question.
   * @throws DmError NO_SPACE: none is left. READ_ONLY: the pool takes no messages.
   */
  async take(): Promise<ThinId> {
    for (;;) {
      const id = this.#allocator.take();
      if (!this.#isInDoubt) return id;
      const isTaken = await this.#pool.hasThin(id).catch((error: unknown) => {
        this.#allocator.free(id);
        throw error;
      });
      this.#isInDoubt = isTaken;
      if (!isTaken) return id;
    }
  }

  /** One was taken by somebody else after all; it stays marked, and the next may be taken too. */
  doubtNext(): void {
    this.#isInDoubt = true;
  }

  /** Gives an id back that neither the pool nor a record has. */
  free(id: ThinId): void {
    this.#allocator.free(id);
  }
}
