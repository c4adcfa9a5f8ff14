import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@dmthin/ports';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Snapshotter } from 'dmthin';
import type { ObserveCall } from '../metrics/call-metrics.ts';
import { listenOnSocket } from '../socket/listen-on-socket.ts';
import { Snapshots } from './generated/snapshots_pb.ts';
import { serviceDefinition } from './service-definition.ts';
import { snapshotService } from './snapshot-service.ts';

export interface ServedSnapshots {
  /** Takes no more calls and waits for those under way, `graceMs` at most; then they are cut. */
  close(graceMs: number): Promise<void>;
}

/** containerd has one; ctr and whoever else looks have a few. */
const MAX_CONNECTIONS = 256;
/** What containerd sends is far smaller. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface SnapshotSocket {
  readonly path: string;
  /** The descriptor of one that was made on `path` by somebody else. */
  readonly passed?: number | undefined;
}

/**
 * Serves containerd's snapshots service on a unix socket that its owner alone may use.
 * @throws DmError as `listenOnSocket`.
 */
export async function serveSnapshots(
  { path, passed }: SnapshotSocket,
  snapshotter: Snapshotter,
  log: Log,
  observe: ObserveCall,
): Promise<ServedSnapshots> {
  const grpc = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  grpc.addService(serviceDefinition(Snapshots), snapshotService(snapshotter, log, observe));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listenOnSocket(server, path, passed);
  log.write('info', `serving containerd's snapshots on ${path}`);
  return {
    async close(graceMs) {
      server.close();
      injector.drain(graceMs);
      const closed = Promise.all([...sockets].map((socket) => once(socket, 'close')));
      const inTime = new AbortController();
      await Promise.race([closed, wait(graceMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
      inTime.abort();
      for (const socket of sockets) socket.destroy();
      grpc.forceShutdown();
    },
  };
}
