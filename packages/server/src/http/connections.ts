import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * The connections of a server, and so many at a time. Where there are too many, the one goes that has said nothing for
 * longest, so that a flood of them keeps nobody who calls from being served; where all have called, the new one. One that
 * was answered may call again and is never closed for being idle: what is written to a unix socket fails at once where its
 * other end is gone, so that whoever calls again knows that nothing of it arrived.
 */
export class Connections {
  readonly #server: Server;
  readonly #most: number;
  #count = 0;
  /** Those of which no call is under way, the one that has said nothing for longest first. */
  readonly #waiting = new Set<Socket>();
  #isClosing = false;

  constructor(server: Server, most: number) {
    this.#server = server;
    this.#most = most;
    server.keepAliveTimeout = 0;
    server.on('connection', (socket: Socket) => this.#take(socket));
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#waiting.delete(socket);
      response.once('close', () => {
        if (this.#isClosing) socket.destroySoon();
        else if (!socket.destroyed) this.#waiting.add(socket);
      });
    });
  }

  /** Takes no more, ends those that have said nothing, lets the others end within `graceMs`, and cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
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
