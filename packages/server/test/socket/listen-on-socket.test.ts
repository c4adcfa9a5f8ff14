import { once } from 'node:events';
import { lstat, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { codeOf, failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import { listenOnSocket } from '#src/socket/listen-on-socket';
import { temporaryPlace } from '../support/place.ts';

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

describe('listening on a socket', () => {
  it('is for its owner alone, whatever the umask, in a directory that is made', async () => {
    await using place = await temporaryPlace();
    const path = join(place.path, 'run/plugins/a.sock');
    const server = createServer();
    const umask = process.umask(0);
    try {
      await listenOnSocket(server, path);
      const { mode } = await lstat(path);
      expect(mode & 0o777).to.equal(0o600);
      expect(process.umask()).to.equal(0);
    } finally {
      process.umask(umask);
    }
    await closed(server);
  });

  it('takes the place of a socket that nobody listens on any more', async () => {
    await using place = await temporaryPlace();
    const path = join(place.path, 'a.sock');
    const gone = createServer();
    await listenOnSocket(gone, path);
    // Closing removes the file of this name; a process that dies leaves it.
    await rename(path, `${path}.kept`);
    await closed(gone);
    await rename(`${path}.kept`, path);
    const server = createServer();
    await listenOnSocket(server, path);
    expect(server.listening).to.equal(true);
    await closed(server);
  });

  it('leaves a socket that somebody listens on', async () => {
    await using place = await temporaryPlace();
    const path = join(place.path, 'a.sock');
    const first = createServer((socket) => socket.on('error', () => undefined).end('first'));
    await listenOnSocket(first, path);
    const busy = await failureOf(listenOnSocket(createServer(), path));
    expect([busy.code, busy.message.includes(path)]).to.deep.equal(['BUSY', true]);
    expect((await lstat(path)).isSocket()).to.equal(true);
    await closed(first);
  });

  it('leaves files, directories and links as they are', async () => {
    await using place = await temporaryPlace();
    const file = join(place.path, 'file');
    await writeFile(file, 'mine');
    await mkdir(join(place.path, 'directory'));
    await symlink(file, join(place.path, 'link'));
    for (const name of ['file', 'directory', 'link'])
      expect(await codeOf(listenOnSocket(createServer(), join(place.path, name)))).to.equal('ALREADY_EXISTS');
    expect(await readFile(file, 'utf8')).to.equal('mine');
    expect(await codeOf(listenOnSocket(createServer(), join(file, 'a.sock')))).to.equal('ALREADY_EXISTS');
  });

  it('refuses a path that is longer than a socket can have', async () => {
    await using place = await temporaryPlace();
    expect(await codeOf(listenOnSocket(createServer(), join(place.path, 'x'.repeat(108))))).to.equal(
      'INVALID_ARGUMENT',
    );
  });
});
