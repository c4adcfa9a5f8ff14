import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';

/** Calls a graph driver plugin as dockerd does; gives the members of its answer. */
export async function callPlugin(
  socketPath: string,
  method: string,
  body: object = {},
): Promise<Readonly<Record<string, unknown>>> {
  const outgoing = request({ socketPath, path: `/${method}`, method: 'POST', agent: false });
  outgoing.end(JSON.stringify(body));
  const [response] = await once(outgoing, 'response');
  return (await json(response)) as Readonly<Record<string, unknown>>;
}
