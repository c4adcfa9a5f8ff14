import type { Worker } from 'node:worker_threads';
import { DmError } from '@dmthin/domain';
import { makeBell, ring } from './bell.ts';
import type { Call, HopOutcome, Reply, Request } from './messages.ts';
import { unpackError } from './packed-error.ts';
import { onProcessExit } from './process-exit.ts';

export interface StartedThread {
  /** Runs `serve`. */
  readonly worker: Worker;
  /** Called when the thread has ended, whatever ended it, and when the process exits before. */
  readonly onEnd?: (() => void) | undefined;
}

/** The id of what no request asks for: the thread's first word. */
const OPENING = 0;

interface Pending {
  resolve(value: unknown): void;
  reject(error: DmError): void;
}

/** A worker thread that does one request at a time. It keeps the process alive only while it works. */
export class ServiceThread {
  /** Its first word. @throws DmError as what it serves could not be made. */
  readonly opened: Promise<unknown>;
  readonly #label: string;
  readonly #worker: Worker;
  readonly #onEnd: () => void;
  readonly #forgetExit: () => void;
  readonly #bell = makeBell();
  readonly #pending = new Map<number, Pending>();
  #sent = OPENING;
  #gone: DmError | undefined;

  /** @param label begins the messages of its errors. */
  constructor(label: string, { worker, onEnd = () => undefined }: StartedThread) {
    this.#label = label;
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#forgetExit = onProcessExit(onEnd);
    this.opened = this.#expect(OPENING);
    this.opened.catch(() => undefined);
    this.#worker.on('message', (reply: Reply) => this.#receive(reply));
    this.#worker.on('error', (cause) => this.#end('failed', cause));
    this.#worker.on('exit', () => this.#end('ended'));
    this.#worker.postMessage(this.#bell);
  }

  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether it is still to say its first word. */
  get isOpening(): boolean {
    return this.#pending.has(OPENING);
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** @throws DmError UNAVAILABLE: the thread ended meanwhile; how many of the calls were made is not known. */
  run(calls: readonly Call[]): Promise<HopOutcome> {
    return this.#send((id) => ({ kind: 'hop', id, calls })) as Promise<HopOutcome>;
  }

  /** Ends it once what was asked is done. */
  async close(): Promise<void> {
    if (this.#gone !== undefined) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    const { error } = (await this.#send((id) => ({ kind: 'close', id }))) as HopOutcome;
    this.#worker.ref();
    await ended;
    if (error !== undefined) throw unpackError(error);
  }

  #send(request: (id: number) => Request): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#sent += 1;
    this.#worker.postMessage(request(this.#sent));
    ring(this.#bell);
    return this.#expect(this.#sent);
  }

  #expect(id: number): Promise<unknown> {
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #receive(reply: Reply): void {
    const id = reply.kind === 'done' ? reply.id : OPENING;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.kind === 'open') pending?.resolve(reply.word);
    else if (reply.kind === 'done') pending?.resolve(reply);
    else {
      this.#gone = unpackError(reply.error);
      pending?.reject(this.#gone);
    }
  }

  #end(how: string, cause?: unknown): void {
    this.#forgetExit();
    this.#onEnd();
    this.#gone ??= new DmError('UNAVAILABLE', `${this.#label}: the thread that was asked ${how}`, {
      operation: 'thread',
      remedy: 'The next call starts a new one; look first, what was asked may have been done.',
      cause,
    });
    for (const { reject } of this.#pending.values()) reject(this.#gone);
    this.#pending.clear();
  }
}
