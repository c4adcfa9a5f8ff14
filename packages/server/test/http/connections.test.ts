import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Connections } from '#src/http/connections';
import { type Place, temporaryPlace } from '../support/place.ts';
import { Plugin } from '../support/plugin.ts';

const CALL = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

describe('connections that are more than a server takes', () => {
  let place: Place;
  let connections: Connections;
  let answers: ServerResponse[];
  beforeEach(async () => {
    place = await temporaryPlace();
    answers = [];
    const server = createServer((_, response) => void answers.push(response));
    connections = new Connections(server, 2);
    server.listen(join(place.path, 's'));
    await once(server, 'listening');
  });
  afterEach(async () => {
    await connections.close(0);
    await place[Symbol.asyncDispose]();
  });

  async function client(text = ''): Promise<Socket> {
    const socket = connect(join(place.path, 's')).on('error', () => undefined);
    await once(socket, 'connect');
    socket.resume();
    if (text !== '') socket.write(text);
    await wait(20);
    return socket;
  }

  it('push out the one that has said nothing for longest', async () => {
    const [first, second] = [await client(), await client()];
    const third = await client(CALL);
    await wait(20);
    expect([first.closed, second.closed, third.closed]).to.deep.equal([true, false, false]);
    expect(answers).to.have.lengthOf(1);
  });

  it('are refused where all others have called', async () => {
    const callers = [await client(CALL), await client(CALL)];
    const third = await client(CALL);
    await wait(20);
    expect(third.closed).to.equal(true);
    expect(callers.map(({ closed }) => closed)).to.deep.equal([false, false]);
    answers[0]?.end();
    await wait(20);
    const fourth = await client(CALL);
    await wait(20);
    expect([...callers, fourth].map(({ closed }) => closed)).to.deep.equal([true, false, false]);
    expect(answers).to.have.lengthOf(3);
  });

  it('may call again, and go when the server does', async () => {
    const caller = await client(CALL);
    answers[0]?.end();
    await wait(20);
    caller.write(CALL);
    await wait(20);
    expect([caller.closed, answers.length]).to.deep.equal([false, 2]);
    const closed = once(caller, 'close');
    const closing = connections.close(10_000);
    answers[1]?.end();
    await Promise.all([closing, closed]);
  });
});

describe('a server among ten thousand connections', function () {
  this.timeout(60_000);

  /** What they say: a part of a head, or nothing at all. */
  const STARTS = ['', 'POST /Plugin.Act', ''];

  it('answers whoever calls, with as many descriptors as it takes connections, and none afterwards', async () => {
    await using plugin = await Plugin.start();
    await plugin.initialize();
    const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd').catch(() => [])).length;
    const before = await descriptors();
    const sockets: Socket[] = [];
    for (let count = 0; count < 10_000; count += 1) {
      const socket = connect(plugin.socket)
        .on('error', () => undefined)
        .resume();
      await once(socket, 'connect');
      socket.write(STARTS[count % STARTS.length] ?? '');
      sockets.push(socket);
      // The server takes one in a turn of the event loop, which is this process's too.
      await nextTurn();
      if (count % 2_000 === 0)
        expect(await plugin.client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: false });
    }
    // Both ends are this process's.
    expect((await descriptors()) - before).to.be.below(2 * 1024 + 200);
    await plugin.client.ask('GraphDriver.Create', { ID: 'a' });
    for (const socket of sockets) socket.destroy();
    await wait(200);
    expect((await descriptors()) - before).to.be.below(20);
    expect(await plugin.client.ask('GraphDriver.Exists', { ID: 'a' })).to.deep.equal({ Exists: true });
  });
});
