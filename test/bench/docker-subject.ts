import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Dockerd } from '../e2e/docker/dockerd.ts';
import type { Times } from './times.ts';

type Ask = (method: string, path: string, body?: object | Buffer) => Promise<string>;

/**
 * What dockerd makes of a lifecycle, by its own API on one connection: `make` makes a container's two layers and mounts one
 * of them for a moment, `look` mounts and unmounts the container's layer, `remove` removes both.
 */
export async function dockerLifecycles(docker: Dockerd, image: string, count: number): Promise<Times> {
  const times: Record<'make' | 'look' | 'remove', number[]> = { make: [], look: [], remove: [] };
  await onOneConnection(docker, async (ask) => {
    const timed = async (step: keyof typeof times, ...words: Parameters<Ask>): Promise<string> => {
      const begun = performance.now();
      const text = await ask(...words);
      times[step].push(performance.now() - begun);
      return text;
    };
    for (let round = 0; round < count; round++) {
      const id = idOf(await timed('make', 'POST', '/containers/create', containerOf(image)));
      await timed('look', 'HEAD', `/containers/${id}/archive?path=/`);
      await timed('remove', 'DELETE', `/containers/${id}`);
    }
  });
  return times;
}

/**
 * How long dockerd takes to say what a container of `image` has changed (`docker diff`), after the files of a tar were put
 * into it. @throws Error it names fewer than `least` changes.
 */
export async function dockerDiffs(
  docker: Dockerd,
  image: string,
  changes: Buffer,
  least: number,
): Promise<{ again(): Promise<number> }> {
  return onOneConnection(docker, async (ask) => {
    const id = idOf(await ask('POST', '/containers/create', containerOf(image)));
    await ask('PUT', `/containers/${id}/archive?path=/`, changes);
    return {
      again: () =>
        onOneConnection(docker, async (ask) => {
          const begun = performance.now();
          const told = JSON.parse(await ask('GET', `/containers/${id}/changes`)) as readonly object[];
          const elapsed = performance.now() - begun;
          if (told.length < least) throw new Error(`${told.length} changes, not ${least}`);
          return elapsed;
        }),
    };
  });
}

const containerOf = (image: string): object => ({ Image: image, Cmd: ['/bin/sh'], NetworkDisabled: true });
const idOf = (answer: string): string => (JSON.parse(answer) as { readonly Id: string }).Id;

async function onOneConnection<T>({ socket }: Dockerd, work: (ask: Ask) => Promise<T>): Promise<T> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    return await work((method, path, body) => ask(socket, agent, method, path, body));
  } finally {
    agent.destroy();
  }
}

function ask(socketPath: string, agent: Agent, method: string, path: string, body?: object | Buffer): Promise<string> {
  const headers = { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' };
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
    asked.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}
