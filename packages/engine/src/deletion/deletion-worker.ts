import type { VolumeId } from '@dmthin/domain';
import { type PoolContext, pause } from '../pool/pool-context.ts';
import { deleteMarked, type MarkedOutcome } from './delete-marked.ts';

/** Docker's interval (docker-devicemapper.md 7.11). */
const INTERVAL = 30_000;
/** A volume that fails again and again is tried every half an hour at last. */
const LONGEST_WAIT = 1_800_000;

interface Failing {
  readonly times: number;
  /** Of the clock's `monotonic`. */
  readonly notBefore: number;
}

/**
 * Deletes marked volumes once nobody holds them: at once when the pool is opened, then every 30 s. A volume that fails
 * waits twice as long each time; one that is only in use is looked at each time, which costs one question.
 */
export class DeletionWorker {
  readonly #context: PoolContext;
  readonly #failing = new Map<VolumeId, Failing>();
  #running: Promise<void> | undefined;

  constructor(context: PoolContext) {
    this.#context = context;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when it has stopped, which it does when the pool's gate closes. */
  async stopped(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { gate, ports } = this.#context;
    while (!gate.closing.aborted)
      try {
        await this.#pass();
        await pause(this.#context, INTERVAL);
      } catch (error) {
        if (gate.closing.aborted) return;
        ports.log.write('error', 'the deletion worker ended: marked volumes stay until the pool is opened again', {
          error,
        });
        return;
      }
  }

  async #pass(): Promise<void> {
    const { gate, ports, volumes } = this.#context;
    const now = ports.clock.monotonic();
    const due = volumes.marked().filter((id) => (this.#failing.get(id)?.notBefore ?? now) <= now);
    await deleteMarked(this.#context, due, (id, outcome) => this.#remember(id, outcome), gate.closing);
  }

  #remember(id: VolumeId, outcome: MarkedOutcome): void {
    if (outcome !== 'failed') {
      this.#failing.delete(id);
      return;
    }
    const times = (this.#failing.get(id)?.times ?? 0) + 1;
    const wait = Math.min(INTERVAL * 2 ** times, LONGEST_WAIT);
    this.#failing.set(id, { times, notBefore: this.#context.ports.clock.monotonic() + wait });
  }
}
