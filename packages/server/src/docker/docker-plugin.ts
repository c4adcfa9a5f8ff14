import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DmError, type DmErrorCode } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { type BodyLimits, readJson } from '../http/read-json.ts';
import type { ObserveCall, Outcome } from '../metrics/call-metrics.ts';
import { errorText } from './error-text.ts';
import { METHODS } from './methods.ts';
import type { Sent } from './mounts/given-mounts.ts';
import { readCompare } from './requests.ts';
import type { ServedDriver } from './served-driver.ts';
import { receiveDiff, sendDiff } from './streams.ts';

/** What dockerd sends as JSON is far smaller. */
const BODY_LIMITS: BodyLimits = { bytes: 1024 * 1024, milliseconds: 30_000 };

/** These two carry tars. */
const DIFF = '/GraphDriver.Diff';
const APPLY_DIFF = '/GraphDriver.ApplyDiff';

const OK = 200;
const CONTENT_TYPE = 'application/vnd.docker.plugins.v1.1+json';

/** Why a request was not understood, in HTTP's words. */
const REFUSALS: Partial<Readonly<Record<DmErrorCode, number>>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  NOT_SUPPORTED: 405,
  TIMED_OUT: 408,
  NO_SPACE: 413,
};

/**
 * Docker's graph driver plugin protocol (docker-devicemapper.md 11). A call that failed is answered as dockerd reads it,
 * `{"Err": "..."}` with status 200, so that its users see the driver's words alone; only `Diff` and what is no call get
 * another status.
 */
export function dockerPlugin(served: ServedDriver, log: Log, observe: ObserveCall): RequestListener {
  return (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(new DmError('ABORTED', 'the client went away')));
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const sent = new Promise<boolean>((resolve) => {
      response.once('finish', () => resolve(true)).once('close', () => resolve(false));
    });
    const call = { path, query: new URLSearchParams(query), request, response, served, signal: gone.signal, sent };
    const begun = performance.now();
    const tell = (outcome: Outcome): void => observe(labelOf(path), outcome, (performance.now() - begun) / 1000);
    carryOut(call, log).then(tell, (error: unknown) => {
      log.write('error', `${path} could not be answered`, { error });
      response.destroy();
    });
  };
}

interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly served: ServedDriver;
  /** Fires when the client has gone away. */
  readonly signal: AbortSignal;
  readonly sent: Sent;
}

/** What a request that was understood asks for; undefined: it was answered as it went. */
type Work = () => Promise<object | undefined>;

async function carryOut(call: Call, log: Log): Promise<Outcome> {
  const { path, response } = call;
  let work: Work;
  try {
    work = await understand(call);
  } catch (error) {
    log.write('warn', `${path} is refused: ${errorText(error)}`);
    send(response, (DmError.is(error) ? REFUSALS[error.code] : undefined) ?? 400, { Err: errorText(error) });
    return 'refused';
  }
  try {
    const answer = await work();
    if (answer !== undefined) send(response, OK, answer);
    return 'ok';
  } catch (error) {
    log.write(call.signal.aborted ? 'debug' : 'warn', `${path} failed: ${errorText(error)}`);
    if (response.headersSent) response.destroy();
    else send(response, path === DIFF ? 500 : OK, { Err: errorText(error) });
    return 'failed';
  }
}

/** @throws DmError what keeps it from being a call, by `REFUSALS`. */
async function understand({ path, query, request, response, served, signal, sent }: Call): Promise<Work> {
  if (request.method !== 'POST') throw new DmError('NOT_SUPPORTED', `${path} is called with POST`);
  if (path === APPLY_DIFF) return () => receiveDiff(served, query, request, signal);
  const method = METHODS.get(path);
  if (method === undefined && path !== DIFF) throw new DmError('NOT_FOUND', `there is no method ${path}`);
  const body = await readJson(request, BODY_LIMITS);
  if (method !== undefined) {
    const answer = method(body);
    return () => answer(served, { signal, sent });
  }
  const wanted = readCompare(body);
  return async () => {
    await sendDiff(served, wanted, response, signal);
    return undefined;
  };
}

/** Callers choose paths; a label is one of few. */
const labelOf = (path: string): string =>
  METHODS.has(path) || path === DIFF || path === APPLY_DIFF ? path.slice(1) : 'other';

/** With its length: dockerd reads no further than the value, and calls again only on a connection that it has read to the end. */
function send(response: ServerResponse, status: number, answer: object): void {
  if (response.destroyed) return;
  const body = Buffer.from(`${JSON.stringify(answer)}\n`);
  // The body of what was refused may not have been read.
  if (status !== OK) response.shouldKeepAlive = false;
  response.writeHead(status, { 'Content-Type': CONTENT_TYPE, 'Content-Length': body.length }).end(body);
}
