import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DmthinServer, openServer } from '@dmthin/server';
import { expect } from 'chai';
import { freeAddress } from '../support/free-address.ts';
import { type Place, temporaryPlace } from '../support/place.ts';
import { SMALL } from '../support/plugin.ts';
import { SnapshotsClient } from '../support/snapshots-client.ts';

describe('a server with a snapshotter', () => {
  let place: Place;
  let socket: string;
  let address: string;
  let server: DmthinServer;
  const open = async (...storageOptions: readonly string[]): Promise<DmthinServer> =>
    openServer({
      snapshotter: { socket, root: join(place.path, 'root') },
      kernel: 'fake',
      metrics: address,
      storageOptions: [...SMALL, ...storageOptions],
      log: { write: () => undefined },
    });
  beforeEach(async () => {
    place = await temporaryPlace();
    socket = join(place.path, 'containerd.sock');
    address = await freeAddress();
    server = await open();
  });
  afterEach(async () => {
    await server.close();
    await place[Symbol.asyncDispose]();
  });
  const metrics = async (): Promise<string> => (await fetch(`http://${address}/metrics`)).text();

  it('shows its pool, its snapshots, and how long calls took', async () => {
    const client = new SnapshotsClient(socket);
    await client.prepare('a');
    await client.prepare('b');
    await client.stat('nobody').catch(() => undefined);
    const text = await metrics();
    expect(text).to.include('dmthin_layers 2\n');
    expect(text).to.include(`dmthin_pool_bytes{device="data",kind="total"} ${256 * 2 ** 20}\n`);
    expect(text).to.include('dmthin_pool_mode{mode="rw"} 1\n');
    expect(text).to.include('dmthin_call_duration_seconds_count{method="Prepare",outcome="ok"} 2\n');
    expect(text).to.include('dmthin_call_duration_seconds_count{method="Stat",outcome="failed"} 1\n');
    expect((await fetch(`http://${address}/healthz`)).status).to.equal(200);
    client.close();
  });

  it('names the options that wait for its next start', async () => {
    const present = await server.reload(async () => [...SMALL]);
    expect(present).to.deep.equal([]);
    const waiting = await server.reload(async () => [...SMALL, 'dm.basesize=1G', 'dm.min_free_space=5%']);
    expect(waiting).to.deep.equal(['dm.basesize', 'dm.min_free_space']);
  });

  it('leaves no socket, and everything for the next, when it is closed under a client', async () => {
    const client = new SnapshotsClient(socket);
    await client.prepare('a');
    await client.commit('p', 'a');
    await server.close();
    expect(existsSync(socket)).to.equal(false);
    client.close();
    server = await open();
    const next = new SnapshotsClient(socket);
    expect(await next.names()).to.deep.equal(['p']);
    next.close();
  });
});
