import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boundPath, callLibc, sendDatagram } from '@dmthin/libc';
import { expect } from 'chai';

const ENOENT = 2;
const MSG_DONTWAIT = 0x40;

describe('unix sockets by libc', () => {
  if (process.platform !== 'linux') return;
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'dmthin-socket-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  /** Binds a datagram socket to these bytes of an address, and gives what came in. */
  function receiver(name: Buffer): { readonly descriptor: number; readonly take: () => string } {
    const descriptor = callLibc('socket', 1, 2, 0).result;
    const address = Buffer.concat([Buffer.of(1, 0), name]);
    expect(callLibc('bind', descriptor, address, address.length).result).to.equal(0);
    return {
      descriptor,
      take() {
        const buffer = Buffer.alloc(256);
        const { result } = callLibc('recv', descriptor, buffer, buffer.length, MSG_DONTWAIT);
        return buffer.toString('utf8', 0, Math.max(0, result));
      },
    };
  }

  it('take a datagram by path and by abstract name, each whole', () => {
    const path = join(place, 's');
    const byPath = receiver(Buffer.from(`${path}\0`));
    const byName = receiver(Buffer.from(`\0dmthin-${process.pid}`));
    sendDatagram(path, Buffer.from('READY=1\nSTATUS=well'));
    sendDatagram(path, Buffer.from('second'));
    sendDatagram(`@dmthin-${process.pid}`, Buffer.from('abstract'));
    expect([byPath.take(), byPath.take(), byPath.take()]).to.deep.equal(['READY=1\nSTATUS=well', 'second', '']);
    expect(byName.take()).to.equal('abstract');
    for (const { descriptor } of [byPath, byName]) callLibc('close', descriptor);
  });

  it('say with errno that nobody is there', () => {
    expect(sendDatagram(join(place, 'none'), Buffer.from('x'))).to.deep.equal({ result: -1, errno: ENOENT });
  });

  it('tell where they are bound, and others do not', async () => {
    const path = join(place, 'ä.sock');
    const { descriptor } = receiver(Buffer.from(`${path}\0`));
    expect(boundPath(descriptor)).to.equal(path);
    callLibc('close', descriptor);
    expect(boundPath(descriptor)).to.equal(undefined);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
    expect(boundPath(fd)).to.equal(undefined);
    server.close();
  });
});
