import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import { Plugin } from '../support/plugin.ts';
import { filesIn, tarOf } from '../support/tars.ts';

describe('the graph driver plugin', () => {
  let plugin: Plugin;
  beforeEach(async () => {
    plugin = await Plugin.start();
  });
  afterEach(async () => {
    await plugin[Symbol.asyncDispose]();
  });

  it('says that it is a graph driver, to an empty body, and that its diffs are not exact', async () => {
    expect(await plugin.client.post('/Plugin.Activate', '')).to.deep.equal({
      status: 200,
      body: { Implements: ['GraphDriver'] },
    });
    expect(await plugin.client.ask('GraphDriver.Capabilities')).to.deep.equal({
      Capabilities: { ReproducesExactDiffs: false },
    });
  });

  it('carries an image and a container through their lives, as dockerd calls', async () => {
    const { client } = plugin;
    await plugin.initialize();
    await client.ask('GraphDriver.Create', { ID: 'image' });
    const tar = await tarOf({ 'etc/': '', 'etc/hosts': 'localhost', 'etc/old': 'old' });
    expect(await client.post('/GraphDriver.ApplyDiff?id=image&parent=', [tar])).to.deep.equal({
      status: 200,
      body: { Size: 12 },
    });
    await client.ask('GraphDriver.CreateReadWrite', { ID: 'box-init', Parent: 'image' });
    await client.ask('GraphDriver.CreateReadWrite', { ID: 'box', Parent: 'box-init', StorageOpt: { size: '80M' } });
    const { Dir } = await client.ask('GraphDriver.Get', { ID: 'box', MountLabel: '' });
    expect(Dir).to.equal(join(plugin.home, 'mnt/box/rootfs'));
    expect(await readFile(join(String(Dir), 'etc/hosts'), 'utf8')).to.equal('localhost');
    await writeFile(join(String(Dir), 'etc/new'), 'newer');
    await client.ask('GraphDriver.Put', { ID: 'box' });

    expect(await client.ask('GraphDriver.Changes', { ID: 'box', Parent: 'image' })).to.deep.equal({
      Changes: [
        { Path: '/etc', Kind: 0 },
        { Path: '/etc/new', Kind: 1 },
      ],
    });
    expect(await client.ask('GraphDriver.DiffSize', { ID: 'box', Parent: 'image' })).to.deep.equal({ Size: 5 });
    expect(await filesIn(await client.diff({ ID: 'box', Parent: 'image' }))).to.deep.equal({
      'etc/': '',
      'etc/new': 'newer',
    });
    expect(await filesIn(await client.diff({ ID: 'image' }))).to.include({ 'etc/hosts': 'localhost' });

    const { Metadata } = await client.ask('GraphDriver.GetMetadata', { ID: 'box' });
    expect(Metadata).to.include({ DeviceSize: String(80 * 2 ** 20) });
    const { Status } = await client.ask('GraphDriver.Status');
    expect(Object.fromEntries(Status as [string, string][])).to.include({ 'Base Device Size': '67.11MB' });
    expect(await client.ask('GraphDriver.Exists', { ID: 'box' })).to.deep.equal({ Exists: true });
    await client.ask('GraphDriver.Remove', { ID: 'box' });
    await client.ask('GraphDriver.Remove', { ID: 'box' });
    expect(await client.ask('GraphDriver.Exists', { ID: 'box' })).to.deep.equal({ Exists: false });
    expect(await client.ask('GraphDriver.Cleanup')).to.deep.equal({});
  });

  it('tells what was deleted as kind 2', async () => {
    const { client } = plugin;
    await plugin.initialize();
    await client.ask('GraphDriver.Create', { ID: 'image' });
    await client.post('/GraphDriver.ApplyDiff?id=image&parent=', [await tarOf({ gone: 'x', kept: 'x' })]);
    await client.ask('GraphDriver.Create', { ID: 'next', Parent: 'image' });
    await client.post('/GraphDriver.ApplyDiff?id=next&parent=image', [await tarOf({ '.wh.gone': '' })]);
    expect((await client.ask('GraphDriver.Changes', { ID: 'next', Parent: 'image' }))['Changes']).to.deep.equal([
      { Path: '/gone', Kind: 2 },
    ]);
  });

  it('gives a root directory to the root of the user namespace that Init names', async function () {
    if (process.getuid?.() !== 0) return skipCase(this, 'only root may');
    const range = { container_id: 0, host_id: 231_072, size: 65_536 };
    await plugin.client.ask('GraphDriver.Init', {
      Home: plugin.home,
      Opts: [],
      UIDMaps: [range],
      GIDMaps: [{ ...range, host_id: 300_000 }],
    });
    await plugin.client.ask('GraphDriver.Create', { ID: 'image' });
    const { Dir } = await plugin.client.ask('GraphDriver.Get', { ID: 'image' });
    const { uid, gid } = await lstat(String(Dir));
    expect({ uid, gid }).to.deep.equal({ uid: 231_072, gid: 300_000 });
  });

  it('takes the options of Init, which go before its own, and refuses those there are not', async () => {
    await plugin.initialize(['dm.basesize=80M']);
    const { Status } = await plugin.client.ask('GraphDriver.Status');
    expect(Object.fromEntries(Status as [string, string][])).to.include({ 'Base Device Size': '83.89MB' });
    expect(await plugin.client.refusal('GraphDriver.Init', { Home: plugin.home, Opts: ['dm.colour=red'] })).to.match(
      /dm\.colour/u,
    );
  });

  it('answers with the driver’s own words where a call fails, and what to do', async () => {
    const { client } = plugin;
    await plugin.initialize();
    expect(await client.refusal('GraphDriver.Get', { ID: 'none' })).to.match(/^devmapper: Unknown device none/u);
    expect(await client.refusal('GraphDriver.Create', { ID: 'a', Parent: 'none' })).to.match(/Unknown device none/u);
    await client.ask('GraphDriver.Create', { ID: 'a' });
    expect(await client.refusal('GraphDriver.Put', { ID: 'a' })).to.equal(
      'layer "a" is not mounted. Each unmount gives back one mount; there is none left.',
    );
    expect(await client.refusal('GraphDriver.Create', { ID: 'b', StorageOpt: { colour: 'red' } })).to.match(/colour/u);
    expect((await client.ask('GraphDriver.Exists', { ID: 'b' }))['Exists']).to.equal(false);
  });

  it('gives a Diff that fails another status than 200, which dockerd would take for a tar', async () => {
    await plugin.initialize();
    const { status, body } = await plugin.client.call('GraphDriver.Diff', { ID: 'none', Parent: '' });
    expect(status).to.equal(500);
    expect(body['Err']).to.match(/^devmapper: Unknown device none/u);
  });

  it('refuses calls before Init, and after Cleanup', async () => {
    const { client } = plugin;
    expect(await client.refusal('GraphDriver.Status')).to.match(/^the driver is not initialised/u);
    await plugin.initialize();
    await client.ask('GraphDriver.Cleanup');
    expect(await client.refusal('GraphDriver.Exists', { ID: 'a' })).to.match(/^the driver is not initialised/u);
    expect((await client.post('/GraphDriver.ApplyDiff?id=a&parent=', [await tarOf({ a: 'a' })])).body['Err']).to.match(
      /^the driver is not initialised/u,
    );
  });
});
