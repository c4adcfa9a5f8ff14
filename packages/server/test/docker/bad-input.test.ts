import { once } from 'node:events';
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { Plugin } from '../support/plugin.ts';
import { tarOf, tarOfZeros } from '../support/tars.ts';

const MIB = 2 ** 20;

describe('the graph driver plugin, given what it should not be given', function () {
  this.timeout(60_000);
  let plugin: Plugin;
  beforeEach(async () => {
    plugin = await Plugin.start();
    await plugin.initialize(['dm.basesize=96M']);
  });
  afterEach(async () => {
    await expectAlive();
    await plugin[Symbol.asyncDispose]();
  });

  async function expectAlive(): Promise<void> {
    expect(await plugin.client.ask('GraphDriver.Exists', { ID: 'nobody' })).to.deep.equal({ Exists: false });
  }

  /** Sends bytes as they are; gives all that comes back until the other side closes. */
  async function raw(text: string): Promise<string> {
    const socket = connect(plugin.socket);
    let answer = '';
    socket.on('error', () => undefined).on('data', (part) => (answer += part.toString()));
    socket.write(text);
    await once(socket, 'close');
    return answer;
  }

  it('refuses what is no JSON, no object, or has fields of other kinds, naming them', async () => {
    const { client } = plugin;
    for (const body of ['{"ID": "a"', 'null', '[]', '7', '"a"', '{}', '{"ID": 7}', '{"ID": ""}', '{"ID": ["a"]}']) {
      const { status, body: answer } = await client.post('/GraphDriver.Create', body);
      expect(status, body).to.equal(400);
      expect(answer['Err'], body).to.match(/no JSON|malformed request/u);
    }
    for (const body of [
      { Home: 'relative' },
      { Home: plugin.home, Opts: 'dm.fs=ext4' },
      { Home: plugin.home, UIDMaps: [{ container_id: -1, host_id: 0, size: 1 }] },
      { Home: plugin.home, UIDMaps: [{ container_id: 0.5, host_id: 0, size: 1 }] },
    ])
      expect((await client.call('GraphDriver.Init', body)).status).to.equal(400);
    const { body } = await client.post('/GraphDriver.Create', '{"ID": "a", "StorageOpt": {"size": 7}}');
    expect(body['Err']).to.include('StorageOpt.size');
    expect((await client.ask('GraphDriver.Exists', { ID: 'a' }))['Exists']).to.equal(false);
  });

  it('knows its methods only, and POST only', async () => {
    const { client } = plugin;
    expect((await client.post('/GraphDriver.Format', '{}')).status).to.equal(404);
    expect((await client.post('/', '{}')).status).to.equal(404);
    expect((await client.post('/GraphDriver.Create/../GraphDriver.Get', '{}')).status).to.equal(404);
    const response = await client.send('/Plugin.Activate', '', 'GET');
    expect(response.resume().statusCode).to.equal(405);
    expect(await raw('HELLO\r\n\r\n')).to.match(/^HTTP\/1.1 400/u);
  });

  it('makes nothing outside of its root of ids that escape', async () => {
    const { client } = plugin;
    const ids = ['../x', '..', '.', 'a/b', '/etc', 'a\0b', 'base', 'x'.repeat(300), '\ud800', '-', 'a\nb'];
    for (const ID of ids) {
      for (const method of ['Create', 'CreateReadWrite', 'Get', 'Put', 'Remove', 'GetMetadata', 'Changes', 'DiffSize'])
        expect(await client.refusal(`GraphDriver.${method}`, { ID, Parent: '' }), `${method} ${ID}`).to.be.a('string');
      expect((await client.call('GraphDriver.Diff', { ID })).status).to.equal(500);
      const applied = await client.post(
        `/GraphDriver.ApplyDiff?id=${encodeURIComponent(ID === '\ud800' ? 'x/y' : ID)}&parent=`,
        [await tarOf({})],
      );
      expect(applied.body['Err']).to.be.a('string');
    }
    expect(await client.refusal('GraphDriver.Create', { ID: 'a', Parent: '../x' })).to.be.a('string');
    expect(await readdir(join(plugin.home, '..'))).to.deep.equal(['dmthin']);
  });

  it('reads no more than it must of a gigabyte where a line is due, says so, and closes', async () => {
    const { client } = plugin;
    let sent = 0;
    const gigabyte = function* (): Generator<Buffer, void, undefined> {
      for (; sent < 1024 * MIB; sent += 64 * 1024) yield Buffer.alloc(64 * 1024, ' ');
    };
    const { status, body } = await client.post('/GraphDriver.Create', gigabyte());
    expect(status).to.equal(413);
    expect(body['Err']).to.include('larger than');
    await wait(50);
    expect(sent).to.be.below(32 * MIB);
  });

  it('lets go of bodies that stop half-way, when their connection does', async () => {
    const half = 'POST /GraphDriver.Create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"ID": "half"';
    const socket = connect(plugin.socket);
    socket.write(half);
    await wait(50);
    socket.destroy();
    await expectAlive();
    expect((await plugin.client.ask('GraphDriver.Exists', { ID: 'half' }))['Exists']).to.equal(false);
  });

  it('fails an ApplyDiff whose connection ends within the tar, and unmounts the layer', async () => {
    const { client } = plugin;
    await client.ask('GraphDriver.Create', { ID: 'a' });
    const tar = await tarOf({ file: 'x'.repeat(100_000) });
    const socket = connect(plugin.socket);
    socket.write('POST /GraphDriver.ApplyDiff?id=a&parent= HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write(`${(50_000).toString(16)}\r\n`);
    socket.write(tar.subarray(0, 50_000));
    socket.write('\r\n');
    await wait(100);
    socket.destroy();
    await eventuallyUnmounted('a');
  });

  async function eventuallyUnmounted(id: string): Promise<void> {
    for (let left = 100; left > 0; left -= 1) {
      const mounted = await readdir(join(plugin.home, 'mnt'));
      if (!mounted.includes(id)) return;
      await wait(50);
    }
    throw new Error(`layer ${id} stays mounted`);
  }

  it('answers an ApplyDiff that it refuses when all was sent, so that dockerd does not try again with the rest', async () => {
    const { client } = plugin;
    await client.ask('GraphDriver.Create', { ID: 'a' });
    const evil = await tarOf({ '../../escape': 'x' });
    let isAllSent = false;
    const tar = function* (): Generator<Buffer, void, undefined> {
      yield evil;
      yield* tarOfZeros('more', 8 * MIB);
      isAllSent = true;
    };
    const { status, body } = await client.post('/GraphDriver.ApplyDiff?id=a&parent=', tar());
    expect({ status, isAllSent }).to.deep.equal({ status: 200, isAllSent: true });
    expect(body['Err']).to.match(/escape/u);
    const garbage = await client.post('/GraphDriver.ApplyDiff?id=a&parent=', [Buffer.alloc(MIB, 'x')]);
    expect(garbage.body['Err']).to.be.a('string');
    await client.ask('GraphDriver.Remove', { ID: 'a' });
  });

  it('holds little of a large tar in memory, in and out, and none for a client that never reads', async function () {
    this.timeout(120_000);
    const { client } = plugin;
    await client.ask('GraphDriver.Create', { ID: 'a' });
    const size = 64 * MIB;
    const peak = await peakOf(async () => {
      const applied = await client.post('/GraphDriver.ApplyDiff?id=a&parent=', tarOfZeros('zeros', size));
      expect(applied.body).to.deep.equal({ Size: size });
      const response = await client.send('/GraphDriver.Diff', '{"ID": "a"}');
      let received = 0;
      for await (const part of response) received += (part as Buffer).length;
      expect(received).to.be.above(size);
      const unread = await client.send('/GraphDriver.Diff', '{"ID": "a"}');
      await wait(300);
      unread.destroy();
    });
    expect(peak).to.be.below(size / 2);
    await eventuallyUnmounted('a');
  });

  /** By how many bytes the buffers of this process, which is server and client, grow at most. */
  async function peakOf(work: () => Promise<void>): Promise<number> {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    let next: NodeJS.Timeout;
    const look = (): void => {
      const begun = performance.now();
      collectGarbage();
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      // In a process that has much, the looking would leave no time for the work.
      next = setTimeout(look, Math.max(100, 9 * (performance.now() - begun)));
    };
    next = setTimeout(look, 100);
    try {
      await work();
      return peak;
    } finally {
      clearTimeout(next);
    }
  }

  it('takes a client that closes its half of the connection for gone, and carries out what it asked for', async () => {
    const body = '{"ID": "a"}';
    const socket = connect({ path: plugin.socket, allowHalfOpen: true });
    socket.end(`POST /GraphDriver.Create HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await once(socket.resume(), 'end');
    await plugin.client.refusal('GraphDriver.Create', { ID: 'a' });
    expect((await plugin.client.ask('GraphDriver.Exists', { ID: 'a' }))['Exists']).to.equal(true);
  });

  it('cuts off a Diff that fails in the middle, which would else be taken for a whole tar', async () => {
    const { client } = plugin;
    await client.ask('GraphDriver.Create', { ID: 'a' });
    await client.post('/GraphDriver.ApplyDiff?id=a&parent=', tarOfZeros('zeros', 32 * MIB));
    const { Dir } = await client.ask('GraphDriver.Get', { ID: 'a' });
    const response = await client.send('/GraphDriver.Diff', '{"ID": "a"}');
    expect(response.statusCode).to.equal(200);
    await truncate(join(String(Dir), 'zeros'), MIB);
    const ended = await response
      .resume()
      .toArray()
      .then(
        () => 'whole',
        (error: NodeJS.ErrnoException) => error.code,
      );
    expect(ended).to.equal('ECONNRESET');
    await client.ask('GraphDriver.Put', { ID: 'a' });
  });

  it('does not trip over what is at its root already', async () => {
    await plugin.client.ask('GraphDriver.Cleanup');
    await mkdir(`${plugin.home}-file`, { recursive: true });
    await writeFile(`${plugin.home}-file/dmthin`, 'a file');
    const refused = await plugin.client.refusal('GraphDriver.Init', { Home: `${plugin.home}-file` });
    expect(refused).to.be.a('string');
    await plugin.initialize(['dm.basesize=96M']);
  });
});
