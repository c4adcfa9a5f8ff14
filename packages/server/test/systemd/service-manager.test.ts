import { expect } from 'chai';
import { NotifySocket } from '../support/notify-socket.ts';
import { Plugin, SMALL } from '../support/plugin.ts';

describe('what a server tells systemd', () => {
  if (process.platform !== 'linux') return;
  let notify: NotifySocket;
  beforeEach(async () => {
    notify = await NotifySocket.open();
  });
  afterEach(async () => {
    await notify[Symbol.asyncDispose]();
  });

  it('is that it is ready once it listens, whom it serves, and that it ends', async () => {
    await using plugin = await Plugin.start({ environment: { NOTIFY_SOCKET: notify.path } });
    expect(notify.take()).to.deep.equal(['READY=1\nSTATUS=waiting for dockerd to start']);
    await plugin.initialize();
    expect(notify.take()).to.deep.equal([`STATUS=serving ${plugin.home}`]);
    await plugin.client.ask('GraphDriver.Cleanup');
    expect(notify.take()).to.deep.equal(['STATUS=waiting for dockerd to start']);
    await plugin.stopServer();
    expect(notify.take()[0]).to.match(/^STOPPING=1\n/u);
  });

  it('is when it reloads, by the clock that systemd goes by, and when that is done, well or not', async () => {
    await using plugin = await Plugin.start({ environment: { NOTIFY_SOCKET: notify.path } });
    await plugin.initialize();
    notify.take();
    const before = process.hrtime.bigint() / 1000n;
    await plugin.server.reload(async () => SMALL);
    const [reloading = '', ready] = notify.take();
    const [, moment] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/u.exec(reloading) ?? [];
    expect(BigInt(moment ?? 0) >= before && BigInt(moment ?? 0) <= process.hrtime.bigint() / 1000n).to.equal(true);
    expect(ready).to.equal(`READY=1\nSTATUS=serving ${plugin.home}`);
    await plugin.server.reload(async () => ['dm.colour=red']).catch(() => undefined);
    expect(notify.take().map((message) => message.split('\n')[0])).to.deep.equal(['RELOADING=1', 'READY=1']);
  });

  it('keeps nothing from being served where nobody takes it, and is said in the log', async () => {
    const lines: string[] = [];
    const log = { write: (_: string, message: string) => void lines.push(message) };
    await using plugin = await Plugin.start({ environment: { NOTIFY_SOCKET: `${notify.path}-none` }, log });
    await plugin.initialize();
    expect(lines.filter((line) => line.includes('READY=1'))).to.have.lengthOf(1);
  });
});

describe('options that are reloaded', () => {
  it('change what may change while a driver is open, and name the others', async () => {
    await using plugin = await Plugin.start();
    await plugin.initialize();
    const { client, server } = plugin;
    await client.ask('GraphDriver.Create', { ID: 'a' });
    const wanted = [...SMALL, 'dm.min_free_space=99%', 'dm.basesize=80M', 'dm.fs=ext4'];
    expect(await server.reload(async () => wanted)).to.deep.equal(['dm.basesize', 'dm.fs']);
    expect(await client.refusal('GraphDriver.Create', { ID: 'b' })).to.match(/dm.min_free_space=99%|min_free_space/u);
    const rows = Object.fromEntries((await client.ask('GraphDriver.Status'))['Status'] as [string, string][]);
    expect(rows['Thin Pool Minimum Free Space']).to.equal('265.7MB');
    await server.reload(async () => SMALL);
    await client.ask('GraphDriver.Create', { ID: 'b' });
  });

  it('hold for the driver that is opened next, where they could not change', async () => {
    await using plugin = await Plugin.start();
    await plugin.initialize();
    expect(await plugin.server.reload(async () => [...SMALL, 'dm.basesize=80M'])).to.deep.equal(['dm.basesize']);
    await plugin.initialize();
    const rows = Object.fromEntries((await plugin.client.ask('GraphDriver.Status'))['Status'] as [string, string][]);
    expect(rows['Base Device Size']).to.equal('83.89MB');
  });

  it('stay behind those of dockerd, and as they are where one of them is none', async () => {
    await using plugin = await Plugin.start();
    await plugin.initialize(['dm.min_free_space=0%']);
    expect(await plugin.server.reload(async () => [...SMALL, 'dm.min_free_space=99%'])).to.deep.equal([]);
    await plugin.client.ask('GraphDriver.Create', { ID: 'a' });
    const failure = await plugin.server.reload(async () => ['dm.colour=red']).catch((error: Error) => error.message);
    expect(failure).to.match(/dm\.colour/u);
    await plugin.initialize();
    expect(await plugin.client.refusal('GraphDriver.Create', { ID: 'b' })).to.match(/min_free_space/u);
  });
});
