import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DmError } from '@dmthin/domain';

/** Gunzips what begins as gzip does (1f 8b, RFC 1952), passes on the rest. @throws DmError CORRUPT: broken gzip. */
export async function* maybeGunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let headLength = 0;
  while (headLength < 2) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    head.push(value);
    headLength += value.byteLength;
  }
  const [first, second] = Buffer.concat(head);
  const whole = rejoin(head, iterator);
  yield* first === 0x1f && second === 0x8b ? gunzip(whole) : whole;
}

async function* rejoin(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false });
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  try {
    yield* source.pipe(unpacked);
  } catch (cause) {
    if (DmError.is(cause)) throw cause;
    throw new DmError('CORRUPT', `the gzip stream is broken: ${(cause as Error).message}`, {
      cause,
      remedy: 'It was damaged or cut off; make or fetch it again.',
    });
  } finally {
    source.destroy();
  }
}
