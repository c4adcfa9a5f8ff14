import type { IncomingMessage } from 'node:http';
import { DmError } from '@dmthin/domain';

export interface BodyLimits {
  readonly bytes: number;
  /** From now until its last byte. */
  readonly milliseconds: number;
}

/**
 * Reads a body that is one JSON value; undefined where it is empty.
 * @throws DmError INVALID_ARGUMENT: not JSON. NO_SPACE: larger than the limit; no more than that is held in memory.
 * TIMED_OUT: it has not all come in time. ABORTED: the connection ended in the middle.
 */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  const text = (await readBody(request, limits)).toString('utf8').trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DmError('INVALID_ARGUMENT', `the body is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** By its events: what reads by iteration destroys the request in the end, and with it the connection to answer on. */
function readBody(request: IncomingMessage, { bytes, milliseconds }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const settle = (): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('close', cut).pause();
    };
    const fail = (error: DmError): void => {
      settle();
      reject(error);
    };
    const take = (part: Buffer): void => {
      size += part.length;
      if (size > bytes) fail(new DmError('NO_SPACE', `the body is larger than ${bytes} bytes`));
      else parts.push(part);
    };
    const finish = (): void => {
      settle();
      resolve(Buffer.concat(parts));
    };
    const cut = (): void => fail(new DmError('ABORTED', 'the connection ended within the body'));
    const late = (): void => fail(new DmError('TIMED_OUT', `the body had not ended after ${milliseconds / 1000} s`));
    const timer = setTimeout(late, milliseconds);
    request.on('data', take).once('end', finish).once('close', cut).on('error', ignore);
  });
}

/** Told by `close` as well. */
const ignore = (): void => undefined;
