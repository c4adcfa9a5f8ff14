import { setImmediate as nextTurn } from 'node:timers/promises';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Bell } from './bell.ts';
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
    reply({ kind: 'open', word });
    const bell = await bellOf(port);
    for (;;) {
      const request = nextRequest(port, bell);
      const outcome = request.kind === 'close' ? await inTurn([() => close?.()]) : await hop(service, request.calls);
      reply({ kind: 'done', id: request.id, ...outcome });
      if (request.kind === 'close') break;
    }
  } catch (error) {
    reply({ kind: 'failed', error: packError(error) });
  } finally {
    port.close();
  }
}

/** The first message, which is posted as soon as the thread is started. */
async function bellOf(port: MessagePort): Promise<Bell> {
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: Bell } | undefined;
    if (received !== undefined) return received.message;
    await nextTurn();
  }
}

/** Sleeps until there is a request, which costs a third of the system calls that an event loop would make. */
function nextRequest(port: MessagePort, bell: Bell): Request {
  for (;;) {
    const rung = Atomics.load(bell, 0);
    const received = receiveMessageOnPort(port) as { readonly message: Request } | undefined;
    if (received !== undefined) return received.message;
    Atomics.wait(bell, 0, rung);
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
