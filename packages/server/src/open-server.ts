import { createServer, type Server } from 'node:http';
import type { Log } from '@dmthin/ports';
import type { DriverStatus, KernelName } from 'dmthin';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { dockerPlugin } from './docker/docker-plugin.ts';
import { InitRecord } from './docker/init-record.ts';
import { ServedDriver } from './docker/served-driver.ts';
import { Connections } from './http/connections.ts';
import { callMetrics } from './metrics/call-metrics.ts';
import { metricsPage } from './metrics/metrics-page.ts';
import { listenOnAddress } from './socket/listen-on-address.ts';
import { listenOnSocket } from './socket/listen-on-socket.ts';

export interface ServerOptions {
  /** The unix socket that dockerd finds: `/run/docker/plugins/dmthin.sock`. */
  readonly dockerPlugin: string;
  readonly kernel: KernelName;
  /** `HOST:PORT` for Prometheus metrics and `/healthz`; none where it is not given. */
  readonly metrics?: string | undefined;
  /** `dm.*` options that hold where dockerd gives none of the same key. */
  readonly storageOptions: readonly string[];
  readonly log: Log;
}

export interface DmthinServer {
  /**
   * Takes no more calls, carries out those under way (streams are cut after ten seconds), and lets go of the driver:
   * mounts and pool stay for dockerd, and for the next server on this socket.
   */
  close(): Promise<void>;
}

/** How long calls under way have to end by themselves. */
const GRACE_MS = 10_000;
/** dockerd has a few; the rest is refused, so that a flood leaves it memory and descriptors. */
const MAX_CONNECTIONS = 1024;
const HEADERS_MS = 30_000;

/**
 * Serves Docker's graph driver plugin.
 * @throws DmError as `listenOnSocket`. What is wrong with the driver is told to dockerd, when it initialises it.
 */
export async function openServer({ dockerPlugin: path, metrics, ...options }: ServerOptions): Promise<DmthinServer> {
  const served = new ServedDriver({ ...options, record: new InitRecord(`${path}.init`, options.log) });
  const registry = new Registry();
  const server = createServer(
    // A tar may take as long as it takes; what is not a tar has its own limit.
    { requestTimeout: 0, headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 6 },
    dockerPlugin(served, options.log, callMetrics(registry)),
  );
  server.maxConnections = MAX_CONNECTIONS;
  // One call a connection: a client that calls again never meets one that is just being closed.
  server.maxRequestsPerSocket = 1;
  const connections = new Connections(server);
  await listenOnSocket(server, path);
  const page = metrics === undefined ? undefined : await openPage(metrics, registry, served, options.log, server);
  options.log.write('info', `serving Docker's graph driver plugin on ${path}`);
  return {
    async close() {
      await page?.close(0);
      await connections.close(GRACE_MS);
      await served.release();
    },
  };
}

/** Where it cannot be had, the plugin's socket is let go of again. */
async function openPage(
  address: string,
  registry: Registry,
  served: ServedDriver,
  log: Log,
  plugin: Server,
): Promise<Connections> {
  const read = async (): Promise<DriverStatus | undefined> => served.present?.status();
  collectDefaultMetrics({ register: registry });
  const server = createServer(metricsPage(registry, read, log));
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = 1;
  const connections = new Connections(server);
  try {
    await listenOnAddress(server, address);
  } catch (error) {
    plugin.close();
    throw error;
  }
  log.write('info', `serving metrics on http://${address}/metrics`);
  return connections;
}
