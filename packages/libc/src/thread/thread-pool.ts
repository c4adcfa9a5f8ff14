import { DmError } from '@dmthin/domain';
import { type CancelSignal, type InOrderOutcome, oneAfterAnother, type PortCall } from '@dmthin/ports';
import { type Asked, Job } from './job.ts';
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

/**
 * The thread that all requests to a `Service` go through, one after the other. Where one of them does not come back,
 * those behind it get another thread, so that one stuck device stops no other; there are more than one only then.
 * `Word` is what a thread says first.
 */
export class ThreadPool<Service, Word = undefined> {
  readonly #options: ThreadPoolOptions;
  readonly #queue: Job[] = [];
  #threads: ServiceThread[] = [];
  /** What is asked now belongs to a hop that is still being put together. */
  #gathering: Asked[] | undefined;
  #stuck: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /** Whether nothing is asked of it, so that the next request is served at once. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#threads.every((thread) => !thread.isBusy);
  }

  /** What is asked now becomes a part of one hop (`inOrder`). */
  get isGathering(): boolean {
    return this.#gathering !== undefined;
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
    // In a hop that is put together, one that is cancelled must keep those after it from being reached.
    if (signal?.aborted === true && this.#gathering === undefined)
      return Promise.reject(this.#abortedError({ name, signal }));
    return new Promise<unknown>((resolve, reject) => {
      const asked = { name, args: args as readonly unknown[], signal, resolve, reject };
      if (this.#gathering === undefined) this.#enqueue([asked]);
      else this.#gathering.push(asked);
    }) as Promise<HopResult<Service, Name>>;
  }

  /**
   * As `InOrder` (ports), with one hop for calls in a row whose port is one of `ours`: its methods ask this pool, at once
   * and for what they are called for. Calls of other ports are made between the hops.
   */
  async inOrder(calls: readonly PortCall[], ours: ReadonlySet<object>): Promise<InOrderOutcome> {
    for (let done = 0; done < calls.length; ) {
      const end = calls.findIndex(({ port }, index) => index >= done && !ours.has(port));
      const outcome =
        end === done
          ? await oneAfterAnother(calls.slice(done, done + 1))
          : await this.#inOneHop(calls.slice(done, end === -1 ? undefined : end));
      done += outcome.done;
      if (outcome.error !== undefined) return { done, error: outcome.error };
    }
    return { done: calls.length, error: undefined };
  }

  /** Ends before the first call that was not reached. */
  async #inOneHop(calls: readonly PortCall[]): Promise<InOrderOutcome> {
    const { job, promises, firsts } = this.#gather(calls);
    const answered = await job.over;
    let done = 0;
    try {
      for (const promise of promises) {
        // One before may have succeeded in another way after its hop had failed; then this one has not been reached.
        if (answered < job.asked.length && (firsts[done] ?? 0) >= answered) break;
        await promise;
        done += 1;
      }
      return { done, error: undefined };
    } catch (error) {
      return { done, error };
    } finally {
      job.refuseRest(answered, this.#unreachedError());
      await Promise.allSettled(promises);
    }
  }

  /** `firsts`: where among the job's calls each one's begin. */
  #gather(calls: readonly PortCall[]): {
    readonly job: Job;
    readonly promises: readonly Promise<unknown>[];
    readonly firsts: readonly number[];
  } {
    const asked: Asked[] = [];
    const firsts: number[] = [];
    this.#gathering = asked;
    try {
      const promises = calls.map(({ make }) => {
        firsts.push(asked.length);
        const promise = make();
        promise.catch(() => undefined);
        return promise;
      });
      return { job: this.#enqueue(asked), promises, firsts };
    } finally {
      this.#gathering = undefined;
    }
  }

  #enqueue(asked: readonly Asked[]): Job {
    const job = new Job(asked, (aborted) => {
      const place = this.#queue.indexOf(aborted);
      if (place === -1) return;
      this.#queue.splice(place, 1);
      const [first] = aborted.asked;
      if (first !== undefined) aborted.refuse(this.#abortedError(first));
    });
    if (asked.length > 0) this.#queue.push(job);
    else job.refuse(this.#unreachedError());
    this.#next();
    return job;
  }

  /** Refuses what waits, lets what is under way end, and lets go. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#stuck);
    for (const job of this.#queue.splice(0)) job.refuse(this.#closedError(job.asked[0]?.name ?? ''));
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
      const job = this.#queue.shift();
      void job?.start(thread, (asked) => this.#abortedError(asked)).then(() => this.#next());
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
    for (const job of this.#queue.splice(0)) job.refuse(error);
  }

  #closedError(operation: string): DmError {
    return new DmError('CLOSED', `${this.#options.label}: ${operation}: it was closed before`, { operation });
  }

  #abortedError({ name: operation, signal }: Pick<Asked, 'name' | 'signal'>): DmError {
    const message = `${this.#options.label}: ${operation} was cancelled`;
    return new DmError('ABORTED', message, { operation, cause: signal?.reason });
  }

  #unreachedError(): DmError {
    return new DmError('ABORTED', `${this.#options.label}: what was to be done before it failed`);
  }
}
