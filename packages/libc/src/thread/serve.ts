import type { MessagePort } from 'node:worker_threads';
import type { Reply, Request } from './messages.ts';
import { packError } from './packed-error.ts';

/** What a thread does for others, once it is ready. */
export interface Served {
  /** Each of its methods may be asked for, one after the other; a request is done before the next message is looked at. */
  readonly service: object;
  /** The thread's first word, which `ThreadPool.open` gives. */
  readonly word?: unknown;
  /** Lets go of what the thread holds, before it ends. */
  readonly close?: (() => void | Promise<void>) | undefined;
}

/** Runs in a thread: makes what is served, and answers the pool's requests until it is told to end. */
export async function serve(port: MessagePort, make: () => Served | Promise<Served>): Promise<void> {
  const reply = (message: Reply): void => port.postMessage(message);
  try {
    const { service, word, close } = await make();
    const answer = async (request: Request): Promise<void> => {
      try {
        const value = request.kind === 'close' ? await close?.() : await call(service, request);
        reply({ kind: 'value', id: request.id, value });
      } catch (error) {
        reply({ kind: 'error', id: request.id, error: packError(error) });
      }
      if (request.kind === 'close') port.close();
    };
    port.on('message', (request: Request) => void answer(request));
    reply({ kind: 'open', word });
  } catch (error) {
    reply({ kind: 'failed', error: packError(error) });
    port.close();
  }
}

function call(service: object, { name, args }: Extract<Request, { kind: 'hop' }>): unknown {
  return (service as Record<string, (...given: readonly unknown[]) => unknown>)[name]?.(...args);
}
