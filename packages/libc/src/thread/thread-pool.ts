import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { Hop, HopArguments, HopResult } from './messages.ts';
import { ServiceThread, type StartedThread } from './service-thread.ts';

/** How long a request waits behind another before it gets a thread of its own: that other one is stuck in the kernel. */
const STUCK_MS = 50;
/** So many requests may be stuck (a suspend of a device whose I/O hangs) before the next has to wait for one of them. */
const MAX_THREADS = 8;

export interface ThreadPoolOptions {
  /** Begins the messages of errors: `device-mapper`. */
  readonly label: string;
  /** Starts one more thread. */
  readonly start: () => StartedThread;
}

interface Job {
  readonly name: string;
  readonly args: readonly unknown[];
  start(thread: ServiceThread): void;
  refuse(error: DmError): void;
}

/**
 * The thread that all requests to a `Service` go through, one after the other. Where one of them does not come back,
 * those behind it get another thread, so that one stuck device stops no other; there are more than one only then.
 * `Word` is what a thread says first.
 */
export class ThreadPool<Service, Word = undefined> {
  readonly #options: ThreadPoolOptions;
  readonly #queue: Job[] = [];
  #threads: ServiceThread[] = [];
  #stuck: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /** Whether nothing is asked of it, so that the next request is served at once. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#threads.every((thread) => !thread.isBusy);
  }

  /** Starts the first thread, which the first request does otherwise. @throws DmError as the thread could not begin. */
  async open(): Promise<Word> {
    const thread = this.#start();
    return thread.opened as Promise<Word>;
  }

  /**
   * Asks one thing of the service.
   * @throws DmError CLOSED. ABORTED: before it was its turn. UNAVAILABLE: the thread died of it.
   */
  run<Name extends Hop<Service>>(
    name: Name,
    args: HopArguments<Service, Name>,
    signal?: CancelSignal,
  ): Promise<HopResult<Service, Name>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closedError(name));
    if (signal?.aborted === true) return Promise.reject(this.#abortedError(name, signal));
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = (): void => {
        const place = this.#queue.indexOf(job);
        if (place !== -1) this.#queue.splice(place, 1);
        if (signal !== undefined) job.refuse(this.#abortedError(name, signal));
      };
      const job: Job = {
        name,
        args: args as readonly unknown[],
        start: (thread) => {
          signal?.removeEventListener('abort', onAbort);
          thread
            .run(job.name, job.args)
            .then(resolve, reject)
            .finally(() => this.#next());
        },
        refuse: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(job);
      this.#next();
    }) as Promise<HopResult<Service, Name>>;
  }

  /** Refuses what waits, lets what is under way end, and lets go. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#stuck);
    for (const { name, refuse } of this.#queue.splice(0)) refuse(this.#closedError(name));
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #start(): ServiceThread {
    const thread = new ServiceThread(this.#options.label, this.#options.start());
    this.#threads.push(thread);
    thread.opened.then(
      () => this.#next(),
      (error: DmError) => this.#refuseAll(error),
    );
    return thread;
  }

  #next(): void {
    this.#threads = this.#threads.filter((thread) => !thread.isGone);
    if (this.#threads.length === 0 && this.#queue.length > 0) this.#start();
    for (const thread of this.#threads) {
      if (thread.isBusy) continue;
      this.#queue.shift()?.start(thread);
    }
    clearTimeout(this.#stuck);
    this.#stuck = undefined;
    if (this.#threads.some((thread) => thread.isOpening)) return;
    if (this.#queue.length > 0 && this.#threads.length < MAX_THREADS)
      this.#stuck = setTimeout(() => this.#start(), STUCK_MS);
  }

  /** There is no thread, and there will be none. */
  #refuseAll(error: DmError): void {
    if (this.#threads.some((thread) => !thread.isGone && thread.isBusy)) return;
    for (const { refuse } of this.#queue.splice(0)) refuse(error);
  }

  #closedError(operation: string): DmError {
    return new DmError('CLOSED', `${this.#options.label}: ${operation}: it was closed before`, { operation });
  }

  #abortedError(operation: string, { reason: cause }: CancelSignal): DmError {
    return new DmError('ABORTED', `${this.#options.label}: ${operation} was cancelled`, { operation, cause });
  }
}
