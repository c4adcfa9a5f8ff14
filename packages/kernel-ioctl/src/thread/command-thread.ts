import type { Worker } from 'node:worker_threads';
import { DmError } from '@dmthin/domain';
import { removeSemaphore } from '../nodes/semaphore.ts';
import type { Version } from '../protocol/dm-ioctl-header.ts';
import type { CommandReply, CommandRequest, Hop } from './messages.ts';
import { unpackError } from './packed-error.ts';
import { onProcessExit } from './process-exit.ts';
import { startWorker } from './start-worker.ts';

export interface CommandThreadOptions {
  readonly udev: boolean;
  readonly udevLimitMs: number;
}

/** The id of what no request asks for: the thread's first word. */
const OPENING = 0;

interface Pending {
  resolve(value: unknown): void;
  reject(error: DmError): void;
}

/** A worker thread that owns a control device; one request at a time. It keeps the process alive only while it works. */
export class CommandThread {
  /** The driver's version. @throws DmError as `openControlDevice` and `version` have it. */
  readonly opened: Promise<Version>;
  readonly #worker: Worker;
  /** What the thread holds at the moment: a semaphore's id and one, or 0. */
  readonly #semaphore = new Int32Array(new SharedArrayBuffer(4));
  readonly #forgetExit: () => void;
  readonly #pending = new Map<number, Pending>();
  #sent = OPENING;
  #gone: DmError | undefined;

  constructor({ udev, udevLimitMs }: CommandThreadOptions) {
    this.#worker = startWorker({ role: 'commands', udev, udevLimitMs, semaphore: this.#semaphore });
    // A process that exits while it waits for udev leaves no semaphore; removing it also ends the thread's wait.
    this.#forgetExit = onProcessExit(() => this.#removeSemaphore());
    this.opened = this.#expect(OPENING) as Promise<Version>;
    this.opened.catch(() => undefined);
    this.#worker.on('message', (reply: CommandReply) => this.#receive(reply));
    this.#worker.on('error', (cause) => this.#end('failed', cause));
    this.#worker.on('exit', () => this.#end('ended'));
  }

  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether it is still to open its control device. */
  get isOpening(): boolean {
    return this.#pending.has(OPENING);
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** @throws DmError UNAVAILABLE: the thread ended meanwhile; whether the command was done is not known. */
  run(name: Hop, args: readonly unknown[]): Promise<unknown> {
    return this.#send((id) => ({ kind: 'hop', id, name, args }));
  }

  /** Lets go of the control device once what was asked is done. */
  async close(): Promise<void> {
    if (this.#gone !== undefined) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    await this.#send((id) => ({ kind: 'close', id }));
    this.#worker.ref();
    await ended;
  }

  #send(request: (id: number) => CommandRequest): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#sent += 1;
    this.#worker.postMessage(request(this.#sent));
    return this.#expect(this.#sent);
  }

  #expect(id: number): Promise<unknown> {
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #receive(reply: CommandReply): void {
    const id = reply.kind === 'value' || reply.kind === 'error' ? reply.id : OPENING;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.kind === 'open') pending?.resolve(reply.version);
    else if (reply.kind === 'value') pending?.resolve(reply.value);
    else {
      const error = unpackError(reply.error);
      if (reply.kind === 'failed') this.#gone = error;
      pending?.reject(error);
    }
  }

  #end(how: string, cause?: unknown): void {
    this.#forgetExit();
    this.#removeSemaphore();
    this.#gone ??= new DmError('UNAVAILABLE', `device-mapper: the thread that owned the control device ${how}`, {
      operation: 'ioctl',
      remedy: 'The next call starts a new one; look at the device first, the command may have been done.',
      cause,
    });
    for (const { reject } of this.#pending.values()) reject(this.#gone);
    this.#pending.clear();
  }

  #removeSemaphore(): void {
    const held = Atomics.exchange(this.#semaphore, 0, 0);
    if (held !== 0) removeSemaphore(held - 1);
  }
}
