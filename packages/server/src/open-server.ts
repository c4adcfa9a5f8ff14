import { createServer } from 'node:http';
import type { Log } from '@dmthin/ports';
import type { DriverStatus, KernelName } from 'dmthin';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { dockerPlugin } from './docker/docker-plugin.ts';
import { InitRecord } from './docker/init-record.ts';
import { GivenMounts } from './docker/mounts/given-mounts.ts';
import { MountJournal } from './docker/mounts/mount-journal.ts';
import { ServedDriver, WAITING } from './docker/served-driver.ts';
import { Connections } from './http/connections.ts';
import { callMetrics } from './metrics/call-metrics.ts';
import { metricsPage } from './metrics/metrics-page.ts';
import { listenOnAddress } from './socket/listen-on-address.ts';
import { listenOnSocket } from './socket/listen-on-socket.ts';
import { type Environment, ServiceManager } from './systemd/service-manager.ts';

export interface ServerOptions {
  /** The unix socket that dockerd finds: `/run/docker/plugins/dmthin.sock`. */
  readonly dockerPlugin: string;
  readonly kernel: KernelName;
  /** `HOST:PORT` for Prometheus metrics and `/healthz`; none where it is not given. */
  readonly metrics?: string | undefined;
  /** `dm.*` options that hold where dockerd gives none of the same key. */
  readonly storageOptions: readonly string[];
  readonly log: Log;
  /** Of this process, in which systemd says what it hands over and wants to be told; by default nothing. */
  readonly environment?: Environment | undefined;
}

export interface DmthinServer {
  /**
   * Takes no more calls, carries out those under way (streams are cut after ten seconds), and lets go of the driver:
   * mounts and pool stay for dockerd, and for the next server on this socket.
   */
  close(): Promise<void>;
  /**
   * Takes up other `dm.*` options, as far as an open driver can, and has systemd wait for the end of \`work\`, which gives
   * them. Gives the keys of those that wait until dockerd starts anew.
   * @throws DmError INVALID_ARGUMENT: an option that there is not, or a value that is none; nothing changes. As \`work\`.
   */
  reload(work: () => Promise<readonly string[]>): Promise<readonly string[]>;
}

/** How long calls under way have to end by themselves. */
const GRACE_MS = 10_000;
/** dockerd has a few. */
const MAX_CONNECTIONS = 1024;
const HEADERS_MS = 30_000;

/**
 * Serves Docker's graph driver plugin, on a socket of its own or on one that systemd hands over.
 * @throws DmError as `listenOnSocket`, `listenOnAddress` and `ServiceManager.refuseOthers`. What is wrong with the driver is
 * told to dockerd, when it initialises it.
 */
export async function openServer({
  dockerPlugin,
  metrics,
  environment = {},
  ...rest
}: ServerOptions): Promise<DmthinServer> {
  const { log } = rest;
  const manager = new ServiceManager(environment, log, WAITING);
  const record = new InitRecord(`${dockerPlugin}.init`, log);
  const mounts = new GivenMounts(new MountJournal(`${dockerPlugin}.mounts`, log));
  const served = new ServedDriver({ ...rest, record, mounts, onChange: (status) => manager.status(status) });
  const registry = new Registry();
  const open: Connections[] = [];
  try {
    open.push(await servePlugin(dockerPlugin, served, registry, log, manager));
    log.write('info', `serving Docker's graph driver plugin on ${dockerPlugin}`);
    manager.refuseOthers();
    if (metrics !== undefined) open.unshift(await servePage(metrics, served, registry, log));
  } catch (error) {
    for (const connections of open) await connections.close(0);
    throw error;
  }
  manager.ready();
  return {
    async close() {
      manager.stopping();
      for (const connections of open) await connections.close(GRACE_MS);
      await served.release();
    },
    async reload(read) {
      manager.reloading();
      try {
        return served.reload(await read());
      } finally {
        manager.ready();
      }
    },
  };
}

async function servePlugin(
  path: string,
  served: ServedDriver,
  registry: Registry,
  log: Log,
  manager: ServiceManager,
): Promise<Connections> {
  const server = createServer(
    // A tar may take as long as it takes; what is not a tar has its own limit.
    { requestTimeout: 0, headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 6 },
    dockerPlugin(served, log, callMetrics(registry)),
  );
  const connections = new Connections(server, MAX_CONNECTIONS);
  await listenOnSocket(server, path, manager.take(path));
  return connections;
}

async function servePage(address: string, served: ServedDriver, registry: Registry, log: Log): Promise<Connections> {
  const read = async (): Promise<DriverStatus | undefined> => served.present?.status();
  collectDefaultMetrics({ register: registry });
  const server = createServer(metricsPage(registry, read, log));
  const connections = new Connections(server, MAX_CONNECTIONS);
  await listenOnAddress(server, address);
  log.write('info', `serving metrics on http://${address}/metrics`);
  return connections;
}
