import type { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { Version } from '../protocol/dm-ioctl-header.ts';
import { abortedError, closedError } from '../refusals.ts';
import { CommandThread, type CommandThreadOptions } from './command-thread.ts';
import type { Hop, HopArguments, HopResult } from './messages.ts';

/** How long a request waits behind another before it gets a thread of its own: that other one is stuck in the kernel. */
const STUCK_MS = 50;
/** So many requests may be stuck (a suspend of a device whose I/O hangs) before the next has to wait for one of them. */
const MAX_THREADS = 8;

interface Job {
  readonly name: Hop;
  readonly args: readonly unknown[];
  start(thread: CommandThread): void;
  refuse(error: DmError): void;
}

/**
 * The thread that all requests go through, one after the other. Where one of them does not come back, those behind it
 * get another thread, so that one stuck device stops no other; there are more than one only then.
 */
export class CommandThreads {
  readonly #options: CommandThreadOptions;
  readonly #queue: Job[] = [];
  #threads: CommandThread[] = [];
  #stuck: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: CommandThreadOptions) {
    this.#options = options;
  }

  /** Starts the first thread. @throws DmError NOT_PERMITTED, UNAVAILABLE: as its control device has it. */
  async open(): Promise<Version> {
    const thread = this.#start();
    return thread.opened;
  }

  /**
   * Asks one thing of the kernel.
   * @throws DmError CLOSED. ABORTED: before it was its turn. UNAVAILABLE: the thread died of it.
   */
  run<Name extends Hop>(name: Name, args: HopArguments<Name>, signal?: CancelSignal): Promise<HopResult<Name>> {
    if (this.#closed !== undefined) return Promise.reject(closedError(name));
    if (signal?.aborted === true) return Promise.reject(abortedError(signal, name));
    return new Promise<unknown>((resolve, reject) => {
      const onAbort = (): void => {
        const place = this.#queue.indexOf(job);
        if (place !== -1) this.#queue.splice(place, 1);
        if (signal !== undefined) job.refuse(abortedError(signal, name));
      };
      const job: Job = {
        name,
        args,
        start: (thread) => {
          signal?.removeEventListener('abort', onAbort);
          thread
            .run(name, args)
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
    }) as Promise<HopResult<Name>>;
  }

  /** Refuses what waits, lets what is under way end, and lets go. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#stuck);
    for (const { name, refuse } of this.#queue.splice(0)) refuse(closedError(name));
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #start(): CommandThread {
    const thread = new CommandThread(this.#options);
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
}
