import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect } from 'chai';
import { dmthin, finished, startDmthin } from '../support/dmthin.ts';
import { temporaryPlace } from '../support/root.ts';

async function call(socketPath: string, method: string, body: object): Promise<unknown> {
  const outgoing = request({ socketPath, path: `/${method}`, method: 'POST', agent: false });
  outgoing.end(JSON.stringify(body));
  const [response] = await once(outgoing, 'response');
  return json(response);
}

describe('dmthin serve', () => {
  it('serves the plugin until it is told to end, and leaves a root that others can open', async () => {
    await using place = await temporaryPlace();
    const socket = join(place.path, 'plugins/dmthin.sock');
    const root = join(place.path, 'docker/dmthin');
    const child = startDmthin(['serve', '--docker-plugin', socket, '--json'], { root: place.path });
    const ended = finished(child);
    await once(child.stdout ?? child, 'data');
    expect(await call(socket, 'Plugin.Activate', {})).to.deep.equal({ Implements: ['GraphDriver'] });
    expect(await call(socket, 'GraphDriver.Init', { Home: root, Opts: null })).to.deep.equal({});
    expect(await call(socket, 'GraphDriver.Create', { ID: 'a' })).to.deep.equal({});
    const locked = await dmthin(['ls'], { root });
    expect(locked.stderr).to.match(/LOCKED|holds|another/u);
    child.kill('SIGTERM');
    const { status, stderr } = await ended;
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect((await dmthin(['ls', '--quiet'], { root })).stdout.toString()).to.equal('a\n');
  });

  it('says what to name where there is nothing to serve, and what keeps it from listening', async () => {
    await using place = await temporaryPlace();
    const nothing = await dmthin(['serve'], { root: place.path });
    expect(nothing.status).to.equal(2);
    expect(nothing.stderr).to.include('--docker-plugin /run/docker/plugins/dmthin.sock');
    const taken = await dmthin(['serve', '--docker-plugin', place.path], { root: place.path });
    expect(taken.status).to.equal(4);
    expect(taken.stderr).to.include(`${place.path} is there and is no socket`);
  });
});
