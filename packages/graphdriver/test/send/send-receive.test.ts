import { ManualClock } from '@dmthin/kernel-fake';
import { expect } from 'chai';
import fc from 'fast-check';
import { read, write } from '../driver/layers.ts';
import { errorOf } from '../support/expect-error.ts';
import { bytesOf, inPieces, Root, type Scribble } from './two-roots.ts';

const SECTORS = (4 * 2 ** 20) / 512;
const scribbles: fc.Arbitrary<Scribble[]> = fc.array(
  fc.record({
    at: fc.nat({ max: SECTORS - 1 }),
    length: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 100, max: 1500 })),
    byte: fc.oneof(fc.nat({ max: 255 }), fc.constant('discard' as const)),
  }),
  { maxLength: 6 },
);
const blockSize = fc.constantFrom(64, 128, 192, 512);
/** Where a stream is cut or damaged, as a share of it. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('a chain of layers that is sent to another pool', function () {
  this.timeout(120_000);

  it('arrives whole, whatever the block sizes, wherever the streams are cut or damaged', async () => {
    await fc.assert(
      fc.asyncProperty(
        blockSize,
        blockSize,
        fc.array(scribbles, { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ at: place, how: fc.constantFrom('cut', 'damage', 'cut, whole again') }), { maxLength: 5 }),
        async (from, to, chain, mishaps) => {
          await using source = await Root.open(from);
          await using target = await Root.open(to);
          for (const [depth, changes] of chain.entries()) {
            await source.driver.create(`l${depth}`, { parent: depth === 0 ? '' : `l${depth - 1}` });
            await source.scribble(`l${depth}`, changes);
          }
          const waiting = [...mishaps];
          for (const depth of chain.keys()) {
            const id = `l${depth}`;
            const options = depth === 0 ? {} : { from: `l${depth - 1}` };
            let stream = await bytesOf(source.driver.send(id, options));
            const whole = stream;
            for (let mishap = waiting.shift(); mishap !== undefined; mishap = waiting.shift()) {
              const at = Math.floor(stream.length * mishap.at);
              const broken = Buffer.from(stream);
              broken[at] = (broken[at] ?? 0) ^ 1;
              const input = mishap.how === 'damage' ? inPieces(broken) : inPieces(stream, 5003, at);
              await errorOf(target.driver.receive(id, input), 'CORRUPT', 'NOT_SUPPORTED');
              expect(target.driver.exists(id)).to.equal(false);
              const [pending] = target.driver.pendingReceives();
              if (pending === undefined) continue;
              stream =
                mishap.how === 'cut, whole again' ? whole : await bytesOf(source.driver.resumeSend(pending.token));
              if (mishap.at < 0.3) break;
            }
            const layer = await target.driver.receive(id, inPieces(stream));
            expect(layer).to.include({ id, size: source.driver.layer(id).size });
            expect(layer.parent).to.equal(depth === 0 ? undefined : `l${depth - 1}`);
          }
          for (const depth of chain.keys()) {
            const id = `l${depth}`;
            expect((await target.content(id)).equals(await source.content(id)), `the content of ${id}`).to.equal(true);
            if (from !== to) continue;
            const [here, there] = [await source.mapped(id), await target.mapped(id)];
            expect(there.mapped, id).to.equal(here.mapped);
            // The first shares blocks with the base device here, which is another one there.
            if (depth > 0) expect(there.exclusive, id).to.equal(here.exclusive);
          }
          expect(target.driver.pendingReceives()).to.deep.equal([]);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('shares there what it shares here, in blocks of its new pool', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(256);
    const KIB = 1024n;
    await source.driver.create('a');
    await source.scribble('a', [{ at: 2048, length: 2048, byte: 7 }]);
    await source.driver.create('b', { parent: 'a' });
    // Two blocks of 64 KiB in one of 256 KiB, one in another.
    await source.scribble('b', [
      { at: 2048, length: 2, byte: 8 },
      { at: 2048 + 256, length: 2, byte: 8 },
      { at: 2048 + 1024, length: 2, byte: 8 },
    ]);
    await target.driver.receive('a', source.driver.send('a'));
    const before = await target.mapped('a');
    await target.driver.receive('b', source.driver.send('b', { from: 'a' }));
    expect(await source.mapped('b')).to.include({ exclusive: 3n * 64n * KIB });
    expect(await target.mapped('b')).to.deep.equal({ mapped: before.mapped, exclusive: 2n * 256n * KIB });
  });

  it('reads as zeros where it was given back, in a last block that is cut short there, too', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(128);
    const size = { size: '4160K' };
    await source.driver.create('a', { storageOptions: size });
    const last = { at: (4096 * 1024) / 512, length: 128 };
    await source.scribble('a', [{ ...last, byte: 7 }]);
    await source.driver.create('b', { parent: 'a' });
    await source.scribble('b', [{ ...last, byte: 'discard' }]);
    await target.driver.receive('a', source.driver.send('a'));
    await target.driver.receive('b', source.driver.send('b', { from: 'a' }));
    expect((await target.content('a')).equals(await source.content('a'))).to.equal(true);
    expect((await target.content('b')).subarray(-65_536).equals(Buffer.alloc(65_536))).to.equal(true);
    expect((await target.content('b')).equals(await source.content('b'))).to.equal(true);
  });

  it('is a layer like any other: it is mounted, changed, and sent on', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(128);
    await source.driver.create('a');
    await write(source.driver, 'a', { 'etc/hosts': 'localhost' });
    await source.driver.create('b', { parent: 'a' });
    await write(source.driver, 'b', { log: 'up' });
    await target.driver.receive('a', source.driver.send('a', { compression: 'none' }));
    await target.driver.receive('b', source.driver.send('b', { from: 'a', compression: 'gzip' }));
    await using third = await Root.open(64);
    await third.driver.receive('a', target.driver.send('a'));
    await third.driver.receive('b', target.driver.send('b', { from: 'a' }));
    for (const { driver } of [target, third]) {
      expect(await read(driver, 'a', 'etc/hosts')).to.equal('localhost');
      expect(await driver.changes('b', 'a')).to.deep.equal([{ path: '/log', kind: 'add' }]);
    }
    await write(target.driver, 'b', { log: 'down' });
    expect(await target.driver.check()).to.deep.equal([]);
  });
});

describe('sending a layer', () => {
  it('refuses one that is in use, and one that was used in between', async () => {
    await using source = await Root.open(64);
    const { driver } = source;
    await driver.create('a');
    await driver.create('b', { parent: 'a' });
    await driver.mount('b');
    await errorOf(bytesOf(driver.send('b')), 'BUSY');
    await errorOf(bytesOf(driver.send('a', { from: 'b' })), 'BUSY');
    await driver.unmount('b');
    await errorOf(bytesOf(driver.send('none')), 'NOT_FOUND');

    for (const used of ['a', 'b']) {
      const stream = driver.send('b', { from: 'a' })[Symbol.asyncIterator]();
      await stream.next();
      await driver.mount(used);
      await driver.unmount(used);
      await errorOf(stream.next(), 'CONFLICT');
    }
  });

  it('reads no more than a few pieces ahead of who takes the stream, and nothing once it is given up', async () => {
    let reads = 0;
    await using source = await Root.open(64);
    await source.driver.create('a');
    await source.scribble('a', [{ at: 0, length: SECTORS, byte: 3 }]);
    const { kernel } = source.world;
    const counted = source.driver.send('a', { compression: 'none' })[Symbol.asyncIterator]();
    for (let part = 0; part < 4; part += 1) reads += (await counted.next()).value.length;
    expect(reads).to.be.below(2 ** 20);
    expect((await kernel.list()).some(({ name }) => name.includes('-@'))).to.equal(true);
    await counted.return?.();
    expect((await kernel.list()).some(({ name }) => name.includes('-@'))).to.equal(false);
    const left = source.driver.send('a')[Symbol.asyncIterator]();
    await left.next();
    await source.driver.close();
    expect((await kernel.list()).length, 'devices of a driver that was closed').to.equal(0);
  });

  it('has not what a resume token names where the layer was written to since', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(64);
    await source.driver.create('a');
    await write(source.driver, 'a', { file: 'text'.repeat(400_000) });
    const stream = await bytesOf(source.driver.send('a', { compression: 'none' }));
    await errorOf(target.driver.receive('a', inPieces(stream, 5000, stream.length / 2)), 'CORRUPT');
    const token = target.driver.pendingReceives()[0]?.token ?? '';
    const rest = await bytesOf(source.driver.resumeSend(token, { compression: 'none' }));
    expect(rest.length).to.be.within(stream.length / 3, (stream.length * 2) / 3);
    await errorOf(bytesOf(source.driver.resumeSend(`${token.slice(0, -6)}AAAAAA`)), 'INVALID_ARGUMENT');
    await source.driver.mount('a');
    await source.driver.unmount('a');
    await errorOf(bytesOf(source.driver.resumeSend(token)), 'CONFLICT');
  });
});

describe('receiving a layer', () => {
  it('refuses a stream whose base is not here, or was written to, and makes nothing', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(64);
    for (const id of ['a', 'b']) await source.driver.create(id);
    await source.driver.create('c', { parent: 'a' });
    const whole = await bytesOf(source.driver.send('a'));
    const other = await bytesOf(source.driver.send('b'));
    const upon = await bytesOf(source.driver.send('c', { from: 'a' }));
    const receive = (id: string, stream: Buffer, base?: string) =>
      target.driver.receive(id, inPieces(stream), { base });
    await errorOf(receive('c', upon), 'CONFLICT');
    await receive('a', whole);
    await receive('b', other);
    await errorOf(receive('c', upon, 'b'), 'CONFLICT');
    await errorOf(receive('c', upon, 'none'), 'NOT_FOUND');
    await errorOf(receive('d', whole, 'b'), 'CONFLICT');
    await errorOf(receive('a', whole), 'ALREADY_EXISTS');
    expect(target.driver.layers().map(({ id }) => id)).to.have.members(['a', 'b']);
    await target.driver.mount('a');
    await target.driver.unmount('a');
    await errorOf(receive('c', upon), 'CONFLICT');
    expect(target.driver.pendingReceives()).to.deep.equal([]);
    await target.driver.remove('a');
    await receive('again', whole);
    await receive('c', upon, 'again');
    expect(target.driver.layer('c').parent).to.equal('again');
  });

  it('takes no layer for its base that has the id of one that was', async () => {
    const clock = new ManualClock();
    await using source = await Root.open(64);
    await using target = await Root.open(64, { clock });
    await source.driver.create('a');
    await source.driver.create('b', { parent: 'a' });
    await target.driver.receive('a', source.driver.send('a'));
    const upon = await bytesOf(source.driver.send('b', { from: 'a' }));
    // Removed while it is sent, so that it is deleted later, and not by its name.
    const sending = target.driver.send('a')[Symbol.asyncIterator]();
    await sending.next();
    await target.driver.remove('a');
    expect(target.driver.layer('a').isDeleted).to.equal(true);
    await errorOf(sending.next(), 'CONFLICT');
    while (target.driver.exists('a')) {
      clock.advance(30_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await target.driver.create('a');
    await errorOf(target.driver.receive('b', inPieces(upon)), 'CONFLICT');
    expect(target.driver.exists('b')).to.equal(false);
  });

  it('keeps what is half received for nobody but who goes on with it, over a restart too', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(64);
    await source.driver.create('a');
    await source.scribble('a', [{ at: 0, length: SECTORS, byte: 3 }]);
    const stream = await bytesOf(source.driver.send('a', { compression: 'none' }));
    const failure = await errorOf(
      target.driver.receive('a', inPieces(stream, 5000, stream.length - 100_000)),
      'CORRUPT',
    );
    const [pending] = target.driver.pendingReceives();
    expect(failure.remedy).to.include(pending?.token);
    expect(Number(pending?.received)).to.be.within(3 * 2 ** 20, 4 * 2 ** 20);
    await target.driver.release();
    await target.reopen();
    const { driver } = target;
    expect(driver.pendingReceives()).to.deep.equal([pending]);
    expect((await driver.status()).recovery.findings.join()).to.include('layer "a" is half received (3.');
    expect(driver.exists('a')).to.equal(false);
    expect(driver.layers()).to.deep.equal([]);
    const uses: (() => Promise<unknown>)[] = [
      () => driver.mount('a'),
      () => driver.create('a'),
      () => driver.create('b', { parent: 'a' }),
      () => driver.usage('a'),
      () => bytesOf(driver.send('a')),
      () => bytesOf(driver.diff('a')),
    ];
    for (const use of uses) await errorOf(use(), 'BUSY');
    await driver.create('x');
    const others = await bytesOf(driver.send('x'));
    await errorOf(driver.receive('a', inPieces(others)), 'CONFLICT');
    await driver.remove('a');
    expect(driver.pendingReceives()).to.deep.equal([]);
    await errorOf(driver.receive('a', source.driver.resumeSend(pending?.token ?? '')), 'CONFLICT');
    await driver.receive('a', inPieces(stream));
    expect((await target.content('a')).equals(await source.content('a'))).to.equal(true);
  });

  it('notices each byte that is not what was sent', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(64);
    await source.driver.create('a');
    const stream = await bytesOf(source.driver.send('a', { compression: 'none' }));
    const payload = stream.readUInt32LE(128 + 4);
    const second = 128 + 56 + payload;
    const places = [
      ...range(0, 128 + 56),
      ...range(128 + 56, second, 9973),
      ...range(second, second + 56),
      ...range(stream.length - 56, stream.length),
    ];
    for (const at of places) {
      const damaged = Buffer.from(stream);
      damaged[at] = (damaged[at] ?? 0) ^ 0x20;
      await errorOf(target.driver.receive('a', inPieces(damaged)), 'CORRUPT', 'NOT_SUPPORTED');
      expect(target.driver.exists('a')).to.equal(false);
    }
    await target.driver.receive('a', inPieces(stream));
    expect((await target.content('a')).equals(await source.content('a'))).to.equal(true);
  });

  it('loses no more than 64 MiB where its process is killed', async () => {
    await using source = await Root.open(64);
    await using target = await Root.open(64);
    const { driver } = source;
    await driver.create('a', { storageOptions: { size: '72M' } });
    await source.scribble('a', [{ at: 0, length: (72 * 2 ** 20) / 512, byte: 3 }]);
    const stream = await bytesOf(driver.send('a'));
    let isStalled = (): void => undefined;
    const stalled = new Promise<void>((resolve) => {
      isStalled = resolve;
    });
    // All but the end has come; the process goes no further.
    void target.driver.receive('a', stalling(stream.subarray(0, -200), isStalled)).catch(() => undefined);
    await stalled;
    target.world.store.crash();
    await target.reopen();
    const [pending] = target.driver.pendingReceives();
    expect(Number(pending?.received)).to.be.within(64 * 2 ** 20, 72 * 2 ** 20);
    const rest = await bytesOf(driver.resumeSend(pending?.token ?? ''));
    expect(rest.length).to.be.below(stream.length / 2);
    await target.driver.receive('a', inPieces(rest));
    expect((await target.content('a')).equals(await source.content('a'))).to.equal(true);
  });

  it('refuses what is no stream, or one of a later version, and makes nothing', async () => {
    await using target = await Root.open(64);
    const header = await (async (): Promise<Buffer> => {
      await target.driver.create('x');
      return bytesOf(target.driver.send('x'));
    })();
    const later = Buffer.from(header);
    later[8] = 2;
    for (const [stream, code] of [
      [Buffer.from('no stream at all'), 'CORRUPT'],
      [Buffer.alloc(1000), 'CORRUPT'],
      [Buffer.alloc(0), 'CORRUPT'],
      [later, 'NOT_SUPPORTED'],
    ] as const) {
      await errorOf(target.driver.receive('a', inPieces(stream)), code);
      expect(target.driver.pendingReceives()).to.deep.equal([]);
    }
  });
});

async function* stalling(content: Uint8Array, isStalled: () => void): AsyncGenerator<Uint8Array> {
  yield content;
  isStalled();
  await new Promise(() => undefined);
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
}
