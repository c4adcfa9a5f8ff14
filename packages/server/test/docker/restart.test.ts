import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Plugin } from '../support/plugin.ts';

describe('the graph driver plugin, when one side starts anew', () => {
  let plugin: Plugin;
  beforeEach(async () => {
    plugin = await Plugin.withLayer('a');
  });
  afterEach(async () => {
    await plugin[Symbol.asyncDispose]();
  });

  it('forgets what a dockerd that died had counted, and keeps what is mounted', async () => {
    const { client } = plugin;
    const { Dir } = await client.ask('GraphDriver.Get', { ID: 'a' });
    await client.ask('GraphDriver.Get', { ID: 'a' });
    await client.ask('GraphDriver.Get', { ID: 'a' });
    await writeFile(join(String(Dir), 'file'), 'kept');
    await plugin.initialize();
    expect(await readFile(join(String(Dir), 'file'), 'utf8')).to.equal('kept');
    await client.ask('GraphDriver.Put', { ID: 'a' });
    expect(await client.refusal('GraphDriver.Put', { ID: 'a' })).to.match(/is not mounted/u);
  });

  it('goes on with a dockerd that outlived the plugin and does not initialise it again', async () => {
    const { client } = plugin;
    const { Dir } = await client.ask('GraphDriver.Get', { ID: 'a' });
    await writeFile(join(String(Dir), 'file'), 'kept');
    await plugin.stopServer();
    await plugin.startServer();
    expect(await client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: true });
    expect(await readFile(join(String(Dir), 'file'), 'utf8')).to.equal('kept');
    await client.ask('GraphDriver.Put', { ID: 'a' });
    expect(await client.refusal('GraphDriver.Put', { ID: 'a' })).to.match(/is not mounted/u);
  });

  it('cleans up after a plugin that was started anew, too', async () => {
    const { client } = plugin;
    await client.ask('GraphDriver.Get', { ID: 'a' });
    await plugin.stopServer();
    await plugin.startServer();
    await client.ask('GraphDriver.Cleanup');
    await plugin.initialize();
    expect(await client.refusal('GraphDriver.Put', { ID: 'a' })).to.match(/is not mounted/u);
  });

  it('waits for Init after Cleanup, whoever starts anew', async () => {
    await plugin.client.ask('GraphDriver.Cleanup');
    await plugin.stopServer();
    await plugin.startServer();
    expect(await plugin.client.refusal('GraphDriver.Status')).to.match(/not initialised/u);
    await plugin.initialize();
    expect(await plugin.client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: true });
  });

  it('passes over a note of its last Init that cannot be read', async () => {
    await plugin.stopServer();
    await writeFile(`${plugin.socket}.init`, '{"home": 7');
    await plugin.startServer();
    expect(await plugin.client.refusal('GraphDriver.Status')).to.match(/not initialised/u);
  });

  it('serves no other root before it was cleaned up', async () => {
    const { client, home } = plugin;
    const other = { Home: `${home}-2`, Opts: null };
    expect(await client.refusal('GraphDriver.Init', other)).to.include(`this plugin serves ${home}`);
    expect(await client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: true });
    await client.ask('GraphDriver.Cleanup');
    await client.ask('GraphDriver.Init', other);
    expect(await client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: false });
  });
});
