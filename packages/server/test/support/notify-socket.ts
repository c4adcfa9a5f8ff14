import { join } from 'node:path';
import { callLibc } from '@dmthin/libc';
import { type Place, temporaryPlace } from './place.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;

/** The socket that systemd gives a service to report to, and what came to it. */
export class NotifySocket implements AsyncDisposable {
  readonly #place: Place;
  readonly #descriptor: number;
  readonly path: string;

  private constructor(place: Place) {
    this.#place = place;
    this.path = join(place.path, 'notify');
    this.#descriptor = callLibc('socket', AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0).result;
    const address = Buffer.concat([Buffer.of(AF_UNIX, 0), Buffer.from(`${this.path}\0`)]);
    if (callLibc('bind', this.#descriptor, address, address.length).result !== 0) throw new Error('cannot bind');
  }

  static async open(): Promise<NotifySocket> {
    return new NotifySocket(await temporaryPlace());
  }

  /** The messages since the last time, in their order. */
  take(): readonly string[] {
    const messages: string[] = [];
    for (const buffer = Buffer.alloc(4096); ; ) {
      const { result } = callLibc('recv', this.#descriptor, buffer, buffer.length, 0);
      if (result < 0) return messages;
      messages.push(buffer.toString('utf8', 0, result));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    callLibc('close', this.#descriptor);
    await this.#place[Symbol.asyncDispose]();
  }
}
