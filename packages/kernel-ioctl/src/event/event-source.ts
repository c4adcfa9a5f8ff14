import type { DmError } from '@dmthin/domain';
import { EventThread } from '../thread/event-thread.ts';

/** Where the news comes from that something happened to some device. */
export interface EventSource {
  /**
   * Calls `listener` after every event from the moment this resolves, until the returned function is called.
   * Spurious calls do no harm: whoever listens looks at the device.
   * @throws DmError UNAVAILABLE, NOT_PERMITTED: there is no such source.
   */
  listen(listener: (gone?: DmError) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** News from the kernel: one thread polls the control device for all, from the first that listens until `close`. */
export class PolledEvents implements EventSource {
  readonly #listeners = new Set<(gone?: DmError) => void>();
  #thread: EventThread | undefined;

  async listen(listener: (gone?: DmError) => void): Promise<() => void> {
    this.#listeners.add(listener);
    const thread = this.#thread ?? this.#start();
    try {
      await thread.armed;
    } catch (error) {
      this.#listeners.delete(listener);
      throw error;
    }
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
  }

  #start(): EventThread {
    const thread = new EventThread((gone) => {
      if (gone !== undefined && this.#thread === thread) this.#thread = undefined;
      for (const listener of [...this.#listeners]) listener(gone);
    });
    this.#thread = thread;
    return thread;
  }
}

/** For kernels that tell nothing (before driver 4.36, or in memory): news from time to time, whether there is any or not. */
export class TimedEvents implements EventSource {
  readonly #milliseconds: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  async listen(listener: () => void): Promise<() => void> {
    const timer = setInterval(listener, this.#milliseconds).unref();
    this.#timers.add(timer);
    return () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
  }
}
