import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { freeAddress } from './support/free-address.ts';
import { Plugin } from './support/plugin.ts';

describe('the metrics of a server', () => {
  let plugin: Plugin;
  let address: string;
  beforeEach(async () => {
    address = await freeAddress();
    plugin = await Plugin.start({ metrics: address });
  });
  afterEach(async () => {
    await plugin[Symbol.asyncDispose]();
  });

  async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${address}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async function values(): Promise<Readonly<Record<string, number>>> {
    const { text } = await get('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith('dmthin_'));
    return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/u, ''), Number(line.split(' ').at(-1))]));
  }

  it('show the pool once there is one, as the driver sees it', async () => {
    expect(Object.keys(await values()).filter((name) => name.startsWith('dmthin_pool'))).to.deep.equal([]);
    await plugin.initialize();
    await plugin.client.ask('GraphDriver.Create', { ID: 'a' });
    const seen = await values();
    expect(seen['dmthin_layers']).to.equal(1);
    expect(seen['dmthin_layers_deleted']).to.equal(0);
    expect(seen['dmthin_pool_bytes{device="data",kind="total"}']).to.equal(256 * 2 ** 20);
    expect(seen['dmthin_pool_bytes{device="metadata",kind="total"}']).to.equal(8 * 2 ** 20);
    expect(seen['dmthin_pool_bytes{device="data",kind="used"}']).to.be.within(1, 64 * 2 ** 20);
    expect(seen['dmthin_pool_mode{mode="rw"}']).to.equal(1);
    expect(seen['dmthin_pool_mode{mode="fail"}']).to.equal(0);
    expect(seen['dmthin_pool_needs_check']).to.equal(0);
    await plugin.client.ask('GraphDriver.Cleanup');
    expect(Object.keys(await values()).filter((name) => name.startsWith('dmthin_pool'))).to.deep.equal([]);
  });

  it('count and time calls by method and outcome, and not by what callers make up', async () => {
    const { client } = plugin;
    await plugin.initialize();
    await client.ask('GraphDriver.Create', { ID: 'a' });
    await client.refusal('GraphDriver.Create', { ID: 'a' });
    await client.diff({ ID: 'a' });
    await client.post('/GraphDriver.Create', 'no JSON');
    await client.post('/made-up-1', '{}');
    await client.post('/made-up-2', '{}');
    const seen = await values();
    const count = (method: string, outcome: string): number | undefined =>
      seen[`dmthin_call_duration_seconds_count{method="${method}",outcome="${outcome}"}`];
    expect(count('GraphDriver.Create', 'ok')).to.equal(1);
    expect(count('GraphDriver.Create', 'failed')).to.equal(1);
    expect(count('GraphDriver.Create', 'refused')).to.equal(1);
    expect(count('GraphDriver.Diff', 'ok')).to.equal(1);
    expect(count('other', 'refused')).to.equal(2);
    expect(Object.keys(seen).some((name) => name.includes('made-up'))).to.equal(false);
  });

  it('count what is lost and what leaked, as check finds it', async () => {
    const looked = async (): Promise<Readonly<Record<string, number>>> => {
      for (;;) {
        const seen = await values();
        if (seen['dmthin_findings_timestamp_seconds'] !== undefined) return seen;
        await wait(10);
      }
    };
    await plugin.initialize();
    await plugin.client.ask('GraphDriver.Create', { ID: 'a' });
    await plugin.client.ask('GraphDriver.Create', { ID: 'b' });
    expect((await looked())['dmthin_findings{kind="orphan-thin"}']).to.equal(undefined);
    await plugin.client.ask('GraphDriver.Cleanup');
    expect((await values())['dmthin_findings_timestamp_seconds']).to.equal(undefined);
    for (const id of ['a', 'b']) await rm(join(plugin.home, 'metadata', id));
    await plugin.initialize();
    expect((await looked())['dmthin_findings{kind="orphan-thin"}']).to.equal(2);
  });

  it('come with a page that says whether all is well, and no other', async () => {
    expect(await get('/healthz')).to.deep.equal({ status: 200, text: 'ok\n' });
    await plugin.initialize();
    expect(await get('/healthz')).to.deep.equal({ status: 200, text: 'ok\n' });
    expect((await get('/GraphDriver.Status')).status).to.equal(404);
    expect((await fetch(`http://${address}/metrics`, { method: 'POST' })).status).to.equal(404);
  });

  it('keep the server from starting where their address cannot be had, and no socket stays', async () => {
    const { code } = await Plugin.start({ metrics: address }).then(
      () => ({ code: 'started' }),
      (error: { readonly code: string }) => error,
    );
    expect(code).to.equal('BUSY');
    for (const wrong of ['9323', 'localhost', '127.0.0.1:70000', '::1:9323']) {
      const refused = await Plugin.start({ metrics: wrong }).then(
        () => ({ code: 'started' }),
        (error: { readonly code: string }) => error,
      );
      expect(refused.code, wrong).to.equal('INVALID_ARGUMENT');
    }
  });

  it('do not hold up the end of the server', async () => {
    const [host = '', port = ''] = address.split(':');
    const idle = connect(Number(port), host).on('error', () => undefined);
    await once(idle, 'connect');
    const begun = performance.now();
    await plugin.stopServer();
    expect(performance.now() - begun).to.be.below(5000);
  });
});
