import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** The connections of a server that takes one call on each. */
export class Connections {
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();

  /** @param most at a time; who comes then is cut off, so that a flood leaves memory and descriptors. */
  constructor(server: Server, most: number) {
    this.#server = server;
    server.maxConnections = most;
    // One call a connection: a client that calls again never meets one that is just being closed.
    server.maxRequestsPerSocket = 1;
    server.on('connection', (socket: Socket) => {
      this.#waiting.add(socket);
      socket.once('close', () => this.#waiting.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage) => this.#waiting.delete(socket));
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
}
