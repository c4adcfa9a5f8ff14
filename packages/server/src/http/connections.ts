import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * The connections of a server that takes one call on each, and so many at a time. Where there are too many, the one goes
 * that has said nothing for longest, so that a flood of them keeps nobody who calls from being served; where all have
 * called, the new one.
 */
export class Connections {
  readonly #server: Server;
  readonly #most: number;
  #count = 0;
  /** Those that have not called yet, the oldest first. */
  readonly #waiting = new Set<Socket>();

  constructor(server: Server, most: number) {
    this.#server = server;
    this.#most = most;
    server.on('connection', (socket: Socket) => this.#take(socket));
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#waiting.delete(socket);
      // One call a connection: a client that calls again never meets one that is just being closed.
      response.shouldKeepAlive = false;
    });
  }

  /** Takes no more, ends those that have said nothing, lets the others end within `graceMs`, and cuts what is left. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#waiting) socket.destroy();
    const inTime = new AbortController();
    await Promise.race([closed, wait(graceMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
    inTime.abort();
    this.#server.closeAllConnections();
    await closed;
  }

  #take(socket: Socket): void {
    if (this.#count >= this.#most) {
      const [oldest = socket] = this.#waiting;
      this.#waiting.delete(oldest);
      oldest.destroy();
      if (oldest === socket) return;
    }
    this.#count += 1;
    this.#waiting.add(socket);
    socket.once('close', () => {
      this.#count -= 1;
      this.#waiting.delete(socket);
    });
  }
}
