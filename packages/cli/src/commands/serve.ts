import { once } from 'node:events';
import { resolve } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { Command, Invocation } from '../command/command.ts';
import { createStderrLog, type StderrLog } from '../output/log.ts';

export const serve: Command = {
  name: 'serve',
  summary: "serve Docker's graph driver plugin or containerd's snapshotter, until it is interrupted",
  description:
    'dockerd names the root and its options when it starts (docs/docker-plugin.md), so that --root has no effect there, and ' +
    '--storage-opt holds where dockerd gives none of the same key. The snapshotter has --root to itself, with all that is ' +
    'in its pool (docs/containerd.md). SIGTERM or Ctrl-C ends it in order, a second one at ' +
    'once; mounts stay, and the next one on the same socket takes them up. SIGHUP has it read the config file again: ' +
    'log-level, and of storage-opts dm.min_free_space, dm.mountopt and dm.xfs_nospace_max_retries, change at once; what ' +
    'has to wait is named.',
  options: [
    {
      name: 'docker-plugin',
      value: 'SOCKET',
      description: 'the unix socket to make, where dockerd looks: /run/docker/plugins/NAME.sock for driver NAME',
    },
    {
      name: 'snapshotter',
      value: 'SOCKET',
      description: 'the unix socket to make for containerd, as its configuration names it in [proxy_plugins.NAME]',
    },
    {
      name: 'metrics',
      value: 'HOST:PORT',
      description: 'serve Prometheus metrics on /metrics, and /healthz, for whoever can reach that address',
    },
  ],
  json: '`{dockerPlugin, snapshotter}`, those that are served, once it listens',
  examples: [
    'dmthin serve --docker-plugin /run/docker/plugins/dmthin.sock',
    'dmthin serve --snapshotter /run/dmthin/containerd.sock --root /var/lib/dmthin-containerd --storage-opt dm.thinpooldev=pool',
  ],
  async run(invocation) {
    const { option, settings, environment, output, signal } = invocation;
    const dockerPlugin = socketOf(option('docker-plugin'));
    const snapshotter = socketOf(option('snapshotter'));
    if (dockerPlugin === undefined && snapshotter === undefined)
      throw new DmError('INVALID_ARGUMENT', 'there is nothing to serve', {
        remedy:
          'Name a socket: dmthin serve --docker-plugin /run/docker/plugins/dmthin.sock, or --snapshotter /run/dmthin/containerd.sock',
      });
    const { openServer } = await import('@dmthin/server');
    const log = createStderrLog(settings.logLevel, settings.json);
    const server = await openServer({
      dockerPlugin,
      snapshotter: snapshotter === undefined ? undefined : { socket: snapshotter, root: settings.root },
      metrics: option('metrics'),
      kernel: settings.kernel,
      storageOptions: settings.storageOptions,
      log,
      environment,
    });
    const reload = (): void => void server.reload(() => readAnew(invocation, log)).then(tellOf(log), failureOf(log));
    process.on('SIGHUP', reload);
    try {
      const sockets = [dockerPlugin, snapshotter].filter((socket) => socket !== undefined);
      await output.answer({ dockerPlugin, snapshotter }, () => `listening on ${sockets.join(' and ')}`);
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      process.off('SIGHUP', reload);
      await server.close();
    }
  },
};

/** Takes up what is the command's own, and gives the storage options. */
async function readAnew({ settings, readSettings }: Invocation, log: StderrLog): Promise<readonly string[]> {
  const { kernel, json, logLevel, storageOptions } = await readSettings();
  if (kernel !== settings.kernel) refuse(log, 'kernel');
  if (json !== settings.json) refuse(log, 'json');
  if (logLevel !== log.level) {
    log.level = logLevel;
    log.write('info', `the log level is ${logLevel}`);
  }
  return storageOptions;
}

const tellOf =
  (log: StderrLog) =>
  (refused: readonly string[]): void => {
    for (const key of refused)
      log.write('warn', `${key} stays as it is until dockerd is started anew, or dmthin serve for containerd`);
    log.write('info', 'the settings were read again');
  };

const failureOf =
  (log: StderrLog) =>
  (error: unknown): void =>
    log.write('error', 'the settings stay as they are', { error });

const refuse = (log: StderrLog, key: string): void =>
  log.write('warn', `${key} stays as it is until dmthin serve is started anew`);

const socketOf = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
