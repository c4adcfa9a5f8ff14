import { once } from 'node:events';
import { resolve } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { createStderrLog } from '../output/log.ts';

export const serve: Command = {
  name: 'serve',
  summary: "serve Docker's graph driver plugin, until it is interrupted",
  description:
    'dockerd names the root and its options when it starts (docs/docker-plugin.md), so that --root has no effect; ' +
    '--storage-opt holds where dockerd gives none of the same key. SIGTERM or Ctrl-C ends it in order, a second one at ' +
    'once; mounts stay, and the next one on the same socket takes them up.',
  options: [
    {
      name: 'docker-plugin',
      value: 'SOCKET',
      description: 'the unix socket to make, where dockerd looks: /run/docker/plugins/NAME.sock for driver NAME',
    },
    {
      name: 'metrics',
      value: 'HOST:PORT',
      description: 'serve Prometheus metrics on /metrics, and /healthz, for whoever can reach that address',
    },
  ],
  json: '`{dockerPlugin}`, once it listens',
  examples: ['dmthin serve --docker-plugin /run/docker/plugins/dmthin.sock'],
  async run({ option, settings, output, signal }) {
    const socket = option('docker-plugin');
    if (socket === undefined)
      throw new DmError('INVALID_ARGUMENT', 'there is nothing to serve', {
        remedy: 'Name a socket: dmthin serve --docker-plugin /run/docker/plugins/dmthin.sock',
      });
    const dockerPlugin = resolve(socket);
    const { openServer } = await import('@dmthin/server');
    const server = await openServer({
      dockerPlugin,
      metrics: option('metrics'),
      kernel: settings.kernel,
      storageOptions: settings.storageOptions,
      log: createStderrLog(settings.logLevel, settings.json),
    });
    try {
      await output.answer({ dockerPlugin }, () => `listening on ${dockerPlugin}`);
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await server.close();
    }
  },
};
