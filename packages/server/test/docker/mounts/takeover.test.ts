import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Plugin } from '../../support/plugin.ts';

describe('mounts, where a plugin takes over from one that was killed', () => {
  let plugin: Plugin;
  beforeEach(async () => {
    plugin = await Plugin.withLayer('a');
  });
  afterEach(async () => {
    await plugin[Symbol.asyncDispose]();
  });

  const get = async (): Promise<string> => String((await plugin.client.ask('GraphDriver.Get', { ID: 'a' }))['Dir']);
  const put = async (): Promise<unknown> => plugin.client.ask('GraphDriver.Put', { ID: 'a' });
  const expectUnmounted = async (): Promise<void> => {
    expect(await plugin.client.refusal('GraphDriver.Put', { ID: 'a' })).to.match(/is not mounted/u);
  };

  /** Starts a plugin anew over the mounts of one that was killed before it had written the last `lines`. */
  async function killedBefore(lines: number): Promise<void> {
    await plugin.stopServer();
    const journal = `${plugin.socket}.mounts`;
    const written = (await readFile(journal, 'utf8')).trimEnd().split('\n');
    await writeFile(
      journal,
      written
        .slice(0, written.length - lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await plugin.startServer();
  }

  it('have the users that they had, not one', async () => {
    await get();
    await get();
    await killedBefore(0);
    await put();
    await put();
    await expectUnmounted();
  });

  it('count a Get once that was done and not answered, and is asked for again', async () => {
    const directory = await get();
    await killedBefore(1);
    expect(await get()).to.equal(directory);
    await put();
    await expectUnmounted();
  });

  it('count it where dockerd had its answer after all', async () => {
    await get();
    await killedBefore(1);
    await put();
    await expectUnmounted();
    await get();
    await put();
    await expectUnmounted();
  });

  it('are put away once where that was done and not answered, and is asked for again', async () => {
    await get();
    await put();
    await killedBefore(1);
    await put();
    await expectUnmounted();
  });

  it('keep the others where one of several was put away without an answer', async () => {
    await get();
    await get();
    await put();
    await killedBefore(1);
    await put();
    await put();
    await expectUnmounted();
  });

  it('know a call that is made again without its body, as dockerd does', async () => {
    const again = async (method: string): Promise<Readonly<Record<string, unknown>>> =>
      (await plugin.client.post(`/GraphDriver.${method}`, '')).body;
    const directory = await get();
    await killedBefore(1);
    expect(await again('Get')).to.deep.equal({ Dir: directory });
    expect((await again('Get'))['Err']).to.include('a get without a body');
    await put();
    await killedBefore(1);
    expect(await again('Put')).to.deep.equal({});
    expect((await again('Put'))['Err']).to.include('a put without a body');
    await expectUnmounted();
  });

  it('are not taken for another where several calls had no answer', async () => {
    await plugin.client.ask('GraphDriver.Create', { ID: 'b' });
    await get();
    await plugin.client.ask('GraphDriver.Get', { ID: 'b' });
    await plugin.stopServer();
    await writeFile(`${plugin.socket}.mounts`, 'get "a"\nget "b"\n');
    await plugin.startServer();
    expect((await plugin.client.post('/GraphDriver.Get', '')).body['Err']).to.include('a get without a body');
    await get();
    expect((await plugin.client.post('/GraphDriver.Get', '')).body['Dir']).to.match(/\/b\/rootfs$/u);
  });

  it('that nobody asked for again go with their layer', async () => {
    await get();
    await killedBefore(1);
    await plugin.client.ask('GraphDriver.Remove', { ID: 'a' });
    const rows = (await plugin.client.ask('GraphDriver.Status'))['Status'] as [string, string][];
    expect(Object.fromEntries(rows)['Deferred Deleted Device Count']).to.equal('0');
  });

  it('outlast a second kill, too', async () => {
    await get();
    await killedBefore(1);
    await plugin.client.ask('GraphDriver.Exists', { ID: 'a' });
    await killedBefore(0);
    await get();
    await put();
    await expectUnmounted();
  });

  it('have one user each where there is no journal that can be read', async () => {
    await get();
    await get();
    await plugin.stopServer();
    await writeFile(`${plugin.socket}.mounts`, 'no journal');
    await plugin.startServer();
    await put();
    await expectUnmounted();
  });

  it('count a Get once whose client was cut off before it had the answer', async () => {
    const body = '{"ID": "a"}';
    const socket = connect(plugin.socket);
    socket.write(`POST /GraphDriver.Get HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    while (!(await journal()).includes('get "a"')) await wait(1);
    socket.destroy();
    await once(socket, 'close');
    await get();
    expect((await journal()).match(/^got/gmu)).to.have.lengthOf(1);
    await put();
    await expectUnmounted();
  });

  const journal = (): Promise<string> => readFile(`${plugin.socket}.mounts`, 'utf8');

  it('that a dockerd which is gone had left go with their layer', async () => {
    const directory = await get();
    await plugin.initialize();
    await plugin.client.ask('GraphDriver.Remove', { ID: 'a' });
    expect(await plugin.client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: false });
    await plugin.client.ask('GraphDriver.Create', { ID: 'a' });
    expect(dirname(await get())).to.equal(dirname(directory));
  });
});
