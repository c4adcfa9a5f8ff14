import { once } from 'node:events';
import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { Plugin } from './support/plugin.ts';
import { tarOf } from './support/tars.ts';

describe('a server that is closed', () => {
  it('carries out what is under way, takes nothing more, and leaves mounts and no socket', async () => {
    await using plugin = await Plugin.start();
    const { client } = plugin;
    await plugin.initialize();
    await client.ask('GraphDriver.Create', { ID: 'a' });
    const { Dir } = await client.ask('GraphDriver.Get', { ID: 'a' });
    const idle = connect(plugin.socket);
    await once(idle, 'connect');
    const tar = await tarOf({ file: 'content' });
    const body = new Readable({ read() {} });
    body.push(tar.subarray(0, 700));
    const applying = client.post('/GraphDriver.ApplyDiff?id=a&parent=', body);
    const creating = client.ask('GraphDriver.Create', { ID: 'b', Parent: 'a' });
    await client.ask('GraphDriver.Exists', { ID: 'a' });
    const stopping = plugin.stopServer();
    body.push(tar.subarray(700));
    body.push(null);
    expect((await applying).body).to.deep.equal({ Size: 7 });
    expect(await creating).to.deep.equal({});
    await stopping;
    expect(await client.call('GraphDriver.Status').catch((error: NodeJS.ErrnoException) => error.code)).to.equal(
      'ENOENT',
    );
    expect((await lstat(join(String(Dir), '..'))).isDirectory()).to.equal(true);
    await plugin.startServer();
    await client.ask('GraphDriver.Put', { ID: 'a' });
    expect(await client.ask('GraphDriver.Exists', { ID: 'b' })).to.deep.equal({ Exists: true });
  });

  it('waits ten seconds and no more for a client that does not end', async function () {
    this.timeout(30_000);
    await using plugin = await Plugin.withLayer('a');
    const body = new Readable({ read() {} });
    body.push((await tarOf({ file: 'content' })).subarray(0, 700));
    const applying = plugin.client.post('/GraphDriver.ApplyDiff?id=a&parent=', body).catch(() => 'cut');
    await plugin.client.ask('GraphDriver.Exists', { ID: 'a' });
    const start = performance.now();
    await plugin.stopServer();
    expect(performance.now() - start).to.be.within(9_000, 15_000);
    expect(await applying).to.equal('cut');
    await plugin.startServer();
    expect(await plugin.client.refusal('GraphDriver.Put', { ID: 'a' })).to.match(/not mounted/u);
  });
});
