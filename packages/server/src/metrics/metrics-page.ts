import type { RequestListener, ServerResponse } from 'node:http';
import type { Log } from '@dmthin/ports';
import type { Registry } from 'prom-client';
import { errorText } from '../docker/error-text.ts';
import { poolMetrics, type ShownStatus, type ShowStatus } from './pool-metrics.ts';

/**
 * `/metrics`, as Prometheus reads it, and `/healthz`: 200 while the pool takes writes, or none is open yet; else 503 and
 * why.
 */
export function metricsPage(
  registry: Registry,
  read: () => Promise<ShownStatus | undefined>,
  log: Log,
): RequestListener {
  const pages = pagesOf(registry, poolMetrics(registry), read);
  return (request, response) => {
    const page = pages.get(request.method === 'GET' ? (request.url ?? '') : '');
    if (page === undefined) return send(response, { status: 404, text: 'there is /metrics and /healthz' });
    page().then(
      (answer) => send(response, answer),
      (error: unknown) => {
        log.write('warn', `${request.url} failed: ${errorText(error)}`);
        send(response, { status: 503, text: errorText(error) });
      },
    );
  };
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

function pagesOf(
  registry: Registry,
  show: ShowStatus,
  read: () => Promise<ShownStatus | undefined>,
): ReadonlyMap<string, () => Promise<Page>> {
  return new Map([
    [
      '/metrics',
      async () => {
        show(await read());
        return { status: 200, text: await registry.metrics(), type: registry.contentType };
      },
    ],
    [
      '/healthz',
      async () => {
        const fault = faultOf(await read());
        return fault === undefined ? { status: 200, text: 'ok' } : { status: 503, text: fault };
      },
    ],
  ]);
}

function faultOf(status: ShownStatus | undefined): string | undefined {
  if (status === undefined) return undefined;
  const { pool, poolName } = status;
  if (pool.kind !== 'ok') return `pool ${poolName}: ${pool.kind}`;
  if (pool.needsCheck) return `pool ${poolName}: needs_check`;
  return pool.mode === 'rw' ? undefined : `pool ${poolName}: ${pool.mode}`;
}

function send(response: ServerResponse, { status, text, type = 'text/plain; charset=utf-8' }: Page): void {
  response.writeHead(status, { 'Content-Type': type }).end(text.endsWith('\n') ? text : `${text}\n`);
}
