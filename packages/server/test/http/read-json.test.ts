import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { readJson } from '#src/http/read-json';
import { temporaryPlace } from '../support/place.ts';

/** What `readJson` makes of these bytes, and what the client is still told. */
async function readFrom(...parts: readonly string[]): Promise<{ readonly made: unknown; readonly told: string }> {
  await using place = await temporaryPlace();
  let made: unknown;
  const server = createServer((request, response) => {
    void readJson(request, { bytes: 100, milliseconds: 200 })
      .catch((error: unknown) => (DmError.is(error) ? error.code : error))
      .then((value) => {
        made = value;
        response.writeHead(200, { Connection: 'close' }).end('told');
      });
  }).listen(join(place.path, 's'));
  await once(server, 'listening');
  const socket = connect(join(place.path, 's')).on('error', () => undefined);
  let told = '';
  socket.on('data', (part) => (told += part.toString()));
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  server.close();
  return { made, told };
}

const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;

describe('a body that should be JSON', () => {
  it('is a value, or nothing at all', async () => {
    expect((await readFrom(post(9), '{"a"', ': [] }')).made).to.equal('INVALID_ARGUMENT');
    expect((await readFrom(post(10), '{"a"', ': [] }')).made).to.deep.equal({ a: [] });
    expect((await readFrom(post(0))).made).to.equal(undefined);
    expect((await readFrom(post(1), '\n')).made).to.equal(undefined);
  });

  it('is waited for as long as the limit says, and the client is told', async () => {
    const { made, told } = await readFrom(post(10), '{"a"');
    expect(made).to.equal('TIMED_OUT');
    expect(told).to.include('told');
  });

  it('is read as far as the limit says, and the client is told', async () => {
    expect((await readFrom(post(100), ' '.repeat(99), '7')).made).to.equal(7);
    const { made, told } = await readFrom(post(101), ' '.repeat(100), '7');
    expect(made).to.equal('NO_SPACE');
    expect(told).to.include('told');
  });
});
