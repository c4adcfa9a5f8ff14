import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { DmError } from '@dmthin/domain';
import type { CompareRequest } from './requests.ts';
import type { ServedDriver } from './served-driver.ts';

/**
 * `Diff`: an uncompressed tar. dockerd passes on unread whatever comes with status 200, so that nothing is sent before
 * the first bytes are there, and what fails later cuts the connection (docker-devicemapper.md 11.5).
 * @throws DmError before the first byte was sent, or after (`response.headersSent`).
 */
export async function sendDiff(
  served: ServedDriver,
  { id, parent }: CompareRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const driver = await served.driver();
  const parts = driver.diff(id, parent, signal)[Symbol.asyncIterator]();
  const first = await parts.next();
  response.writeHead(200, { 'Content-Type': 'application/x-tar' });
  await pipeline(Readable.from(from(first, parts)), response);
}

/**
 * `ApplyDiff`: the layer in the query, the tar in the body. The body is read to its end even where the tar ended before
 * or is refused: dockerd takes a connection that is cut for one to try again, with what is left of its stream.
 */
export async function receiveDiff(
  served: ServedDriver,
  query: URLSearchParams,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<object> {
  try {
    const driver = await served.driver();
    return { Size: Number(await driver.applyDiff(query.get('id') ?? '', partsOf(request), signal)) };
  } finally {
    await drain(request);
  }
}

async function* from(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.done !== true) yield first.value;
    yield* { [Symbol.asyncIterator]: () => rest };
  } finally {
    await rest.return?.();
  }
}

async function* partsOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new DmError('ABORTED', 'the connection ended within the tar', { cause });
  }
}

async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  request.resume();
  // Where it is cut off there is nobody left to answer.
  await finished(request).catch(() => undefined);
}
