import { createServer } from 'node:http';
import { changedOptions, parseStorageOptions } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { type GraphDriver, type KernelName, openSnapshotter } from 'dmthin';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { serveSnapshots } from './containerd/serve-snapshots.ts';
import { dockerPlugin } from './docker/docker-plugin.ts';
import { InitRecord } from './docker/init-record.ts';
import { GivenMounts } from './docker/mounts/given-mounts.ts';
import { MountJournal } from './docker/mounts/mount-journal.ts';
import { ServedDriver } from './docker/served-driver.ts';
import { Connections } from './http/connections.ts';
import { callMetrics, type ObserveCall } from './metrics/call-metrics.ts';
import { FindingMetrics } from './metrics/finding-metrics.ts';
import { metricsPage } from './metrics/metrics-page.ts';
import type { ShownStatus } from './metrics/pool-metrics.ts';
import { snapshotterStatus } from './metrics/snapshotter-status.ts';
import { listenOnAddress } from './socket/listen-on-address.ts';
import { listenOnSocket } from './socket/listen-on-socket.ts';
import { type Environment, ServiceManager } from './systemd/service-manager.ts';

export interface ServerOptions {
  /** The unix socket that dockerd finds: `/run/docker/plugins/dmthin.sock`. */
  readonly dockerPlugin?: string | undefined;
  /** containerd's snapshotter: the unix socket that its configuration names, and the root of its snapshots. */
  readonly snapshotter?: { readonly socket: string; readonly root: string } | undefined;
  readonly kernel: KernelName;
  /** `HOST:PORT` for Prometheus metrics and `/healthz`; none where it is not given. */
  readonly metrics?: string | undefined;
  /** `dm.*` options: of the snapshotter, and of the driver where dockerd gives none of the same key. */
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
   * Takes up the storage options that `read` gives, as far as an open driver can, and a snapshotter none; systemd is told
   * meanwhile. Gives the keys of those that wait until dockerd starts anew, or this server.
   * @throws DmError INVALID_ARGUMENT: an option that there is not, or a value that is none; nothing changes. As `read`.
   */
  reload(read: () => Promise<readonly string[]>): Promise<readonly string[]>;
}

/** What is served, and lets go of what it stands on when it is closed. */
interface Service {
  /** Calls under way have `graceMs` to end by themselves. */
  close(graceMs: number): Promise<void>;
}

/** What systemd shows of a plugin without a driver. */
const WAITING = 'waiting for dockerd to start';
/** How long calls under way have to end by themselves. */
const GRACE_MS = 10_000;
/** dockerd has a few. */
const MAX_CONNECTIONS = 1024;
const HEADERS_MS = 30_000;

/**
 * Serves Docker's graph driver plugin, containerd's snapshotter, or both, on sockets of its own or on those that systemd
 * hands over.
 * @throws DmError as `listenOnSocket`, `listenOnAddress`, `ServiceManager.refuseOthers`, and as `openSnapshotter`. What is
 * wrong with the driver is told to dockerd, when it initialises it.
 */
export async function openServer(options: ServerOptions): Promise<DmthinServer> {
  const { dockerPlugin, snapshotter, metrics, environment = {}, log } = options;
  const manager = new ServiceManager(environment, log, dockerPlugin === undefined ? 'serving containerd' : WAITING);
  const registry = new Registry();
  const findings = metrics === undefined ? undefined : new FindingMetrics(registry, log);
  const onChange = (driver: GraphDriver | undefined): void => {
    manager.status(driver === undefined ? WAITING : `serving ${driver.root}`);
    findings?.watch(driver);
  };
  const served = dockerPlugin === undefined ? undefined : servedDriver(options, dockerPlugin, onChange);
  const observe = callMetrics(registry);
  const open: Service[] = [];
  try {
    const snapshots = snapshotter && (await openSnapshots(options, snapshotter, manager, observe));
    if (snapshots !== undefined) open.push(snapshots);
    if (served !== undefined) {
      open.push(await servePlugin(dockerPlugin ?? '', served, observe, log, manager));
      log.write('info', `serving Docker's graph driver plugin on ${dockerPlugin}`);
    }
    manager.refuseOthers();
    // Of two pools the plugin's is shown: each has a server of its own where both are to be.
    const read = async (): Promise<ShownStatus | undefined> =>
      served === undefined ? snapshots?.status() : served.present?.status();
    if (metrics !== undefined) open.unshift(await servePage(metrics, read, registry, log));
  } catch (error) {
    for (const service of open) await service.close(0);
    throw error;
  }
  manager.ready();
  return {
    async close() {
      manager.stopping();
      for (const service of open) await service.close(GRACE_MS);
      await served?.release();
    },
    async reload(read) {
      manager.reloading();
      try {
        const storageOptions = await read();
        const waiting = snapshotter === undefined ? [] : changedFrom(options.storageOptions, storageOptions);
        return [...new Set([...waiting, ...(served?.reload(storageOptions) ?? [])])];
      } finally {
        manager.ready();
      }
    },
  };
}

/** An open snapshotter takes up none of them. */
function changedFrom(present: readonly string[], wanted: readonly string[]): readonly string[] {
  return changedOptions(parseStorageOptions(present), parseStorageOptions(wanted));
}

async function openSnapshots(
  { kernel, storageOptions, log }: ServerOptions,
  { socket, root }: { readonly socket: string; readonly root: string },
  manager: ServiceManager,
  observe: ObserveCall,
): Promise<Service & { status(): Promise<ShownStatus> }> {
  const snapshotter = await openSnapshotter({ root, kernel, storageOptions, log });
  try {
    const served = await serveSnapshots({ path: socket, passed: manager.take(socket) }, snapshotter, log, observe);
    return {
      status: () => snapshotterStatus(snapshotter),
      async close(graceMs) {
        await served.close(graceMs);
        await snapshotter.close();
      },
    };
  } catch (error) {
    await snapshotter.close();
    throw error;
  }
}

function servedDriver(
  options: ServerOptions,
  path: string,
  onChange: (driver: GraphDriver | undefined) => void,
): ServedDriver {
  const { kernel, storageOptions, log } = options;
  const record = new InitRecord(`${path}.init`, log);
  const mounts = new GivenMounts(new MountJournal(`${path}.mounts`, log));
  return new ServedDriver({
    kernel,
    storageOptions,
    log,
    record,
    mounts,
    onChange,
  });
}

async function servePlugin(
  path: string,
  served: ServedDriver,
  observe: ObserveCall,
  log: Log,
  manager: ServiceManager,
): Promise<Connections> {
  const server = createServer(
    // A tar may take as long as it takes; what is not a tar has its own limit.
    { requestTimeout: 0, headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 6 },
    dockerPlugin(served, log, observe),
  );
  const connections = new Connections(server, MAX_CONNECTIONS);
  await listenOnSocket(server, path, manager.take(path));
  return connections;
}

async function servePage(
  address: string,
  read: () => Promise<ShownStatus | undefined>,
  registry: Registry,
  log: Log,
): Promise<Connections> {
  collectDefaultMetrics({ register: registry });
  const server = createServer(metricsPage(registry, read, log));
  const connections = new Connections(server, MAX_CONNECTIONS);
  await listenOnAddress(server, address);
  log.write('info', `serving metrics on http://${address}/metrics`);
  return connections;
}
