import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Dockerd } from '../e2e/docker/dockerd.ts';
import type { Times } from './times.ts';

/**
 * What dockerd makes of a lifecycle, by its own API on one connection: `make` makes a container's two layers and mounts one
 * of them for a moment, `look` mounts and unmounts the container's layer, `remove` removes both.
 */
export async function dockerLifecycles(docker: Dockerd, image: string, count: number): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: Record<'make' | 'look' | 'remove', number[]> = { make: [], look: [], remove: [] };
  const timed = async (step: keyof typeof times, method: string, path: string, body?: object): Promise<string> => {
    const begun = performance.now();
    const text = await ask(docker.socket, agent, method, path, body);
    times[step].push(performance.now() - begun);
    return text;
  };
  for (let round = 0; round < count; round++) {
    const container = { Image: image, Cmd: ['/bin/sh'], NetworkDisabled: true };
    const { Id } = JSON.parse(await timed('make', 'POST', '/containers/create', container)) as { readonly Id: string };
    await timed('look', 'HEAD', `/containers/${Id}/archive?path=/`);
    await timed('remove', 'DELETE', `/containers/${Id}`);
  }
  agent.destroy();
  return times;
}

function ask(socketPath: string, agent: Agent, method: string, path: string, body?: object): Promise<string> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, agent, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 400) resolve(text);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
