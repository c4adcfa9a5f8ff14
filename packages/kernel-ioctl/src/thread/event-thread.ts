import { writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { DmError } from '@dmthin/domain';
import { onProcessExit, unpackError } from '@dmthin/libc';
import type { EventReply } from './messages.ts';
import { startKernelThread } from './start-kernel-thread.ts';

/** A worker thread that tells of every event of any device; it keeps no process alive. */
export class EventThread {
  /** Resolves once whatever happens is told. @throws DmError as `openControlDevice` has it. */
  readonly armed: Promise<void>;
  readonly #worker: Worker;
  readonly #onEvent: (gone?: DmError) => void;
  readonly #forgetExit: () => void;
  readonly #ended: Promise<void>;
  #wakeFd: number | undefined;

  /** @param onEvent told after each event, and with an error once no more will be told. */
  constructor(onEvent: (gone?: DmError) => void) {
    this.#onEvent = onEvent;
    this.#worker = startKernelThread({ role: 'events' });
    // A process that exits joins its threads, and this one waits inside of poll(2).
    this.#forgetExit = onProcessExit(() => this.#wake());
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.armed = new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: EventReply) => {
        if (reply.kind === 'event') return this.#onEvent();
        if (reply.kind === 'failed') return this.#end(reject, unpackError(reply.error));
        this.#wakeFd = reply.wakeFd;
        resolve();
      });
      this.#worker.on('error', (cause) => this.#end(reject, goneError(cause)));
      this.#worker.on('exit', () => this.#end(reject, goneError()));
    });
    this.armed.catch(() => undefined);
    // A listener for messages has made it keep the process alive again.
    this.#worker.unref();
  }

  async close(): Promise<void> {
    await this.armed.catch(() => undefined);
    this.#worker.ref();
    this.#wake();
    await this.#ended;
  }

  #wake(): void {
    // An eventfd takes a 64-bit count.
    if (this.#wakeFd !== undefined) writeSync(this.#wakeFd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    this.#wakeFd = undefined;
  }

  #end(reject: (error: DmError) => void, error: DmError): void {
    this.#forgetExit();
    this.#wakeFd = undefined;
    reject(error);
    this.#onEvent(error);
  }
}

function goneError(cause?: unknown): DmError {
  return new DmError('UNAVAILABLE', 'device-mapper: the thread that waits for events ended', {
    operation: 'waitEvent',
    remedy: 'Wait again; that starts a new one.',
    cause,
  });
}
