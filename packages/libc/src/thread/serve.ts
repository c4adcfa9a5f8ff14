import type { MessagePort } from 'node:worker_threads';
import type { Call, HopOutcome, Reply, Request } from './messages.ts';
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
      const outcome = request.kind === 'close' ? await inTurn([() => close?.()]) : await hop(service, request.calls);
      reply({ kind: 'done', id: request.id, ...outcome });
      if (request.kind === 'close') port.close();
    };
    port.on('message', (request: Request) => void answer(request));
    reply({ kind: 'open', word });
  } catch (error) {
    reply({ kind: 'failed', error: packError(error) });
    port.close();
  }
}

function hop(service: object, calls: readonly Call[]): Promise<HopOutcome> {
  const methods = service as Record<string, (...given: readonly unknown[]) => unknown>;
  return inTurn(
    calls.map(
      ({ name, args }) =>
        () =>
          methods[name]?.(...args),
    ),
  );
}

async function inTurn(calls: readonly (() => unknown)[]): Promise<HopOutcome> {
  const values: unknown[] = [];
  try {
    for (const call of calls) values.push(await call());
    return { values, error: undefined };
  } catch (error) {
    return { values, error: packError(error) };
  }
}
