import { once } from 'node:events';
import { connect } from 'node:net';
import { Client, credentials, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { ServedSnapshotter } from '../support/served-snapshotter.ts';
import { codeOf, refusal, type SnapshotsClient } from '../support/snapshots-client.ts';

describe("containerd's snapshots service", () => {
  let served: ServedSnapshotter;
  let client: SnapshotsClient;
  beforeEach(async () => {
    served = await ServedSnapshotter.start();
    client = served.client;
  });
  afterEach(() => served[Symbol.asyncDispose]());

  it('answers what is wrong by the statuses that containerd makes its errors from (peers.md A8)', async () => {
    await client.prepare('tmp');
    await client.commit('committed', 'tmp');
    await client.prepare('active', 'committed');
    await client.view('view', 'committed');
    const cases: readonly (readonly [what: string, call: () => Promise<unknown>, code: string])[] = [
      ['Stat of an unknown key', () => client.stat('nobody'), 'NOT_FOUND'],
      ['Mounts of an unknown key', () => client.mounts('nobody'), 'NOT_FOUND'],
      ['Usage of an unknown key', () => client.usage('nobody'), 'NOT_FOUND'],
      ['Remove of an unknown key', () => client.remove('nobody'), 'NOT_FOUND'],
      ['Update of an unknown name', () => client.update('nobody', {}), 'NOT_FOUND'],
      ['Commit of an unknown key', () => client.commit('new', 'nobody'), 'NOT_FOUND'],
      ['Prepare from an unknown parent', () => client.prepare('new', 'nobody'), 'NOT_FOUND'],
      ['View of an unknown parent', () => client.view('new', 'nobody'), 'NOT_FOUND'],
      ['Prepare from one that is not committed', () => client.prepare('new', 'active'), 'INVALID_ARGUMENT'],
      ['Prepare of a key that is there', () => client.prepare('active', 'committed'), 'ALREADY_EXISTS'],
      ['Commit of a name that is there', () => client.commit('committed', 'active'), 'ALREADY_EXISTS'],
      ['Commit of a view', () => client.commit('new', 'view'), 'FAILED_PRECONDITION'],
      ['Commit of a committed one', () => client.commit('new', 'committed'), 'FAILED_PRECONDITION'],
      [
        'Commit with another parent',
        () => client.call('commit', { name: 'new', key: 'active', parent: 'view' }),
        'INVALID_ARGUMENT',
      ],
      ['Mounts of a committed one', () => client.mounts('committed'), 'FAILED_PRECONDITION'],
      ['Remove of one with children', () => client.remove('committed'), 'FAILED_PRECONDITION'],
      ['Prepare without a key', () => client.prepare(''), 'INVALID_ARGUMENT'],
      ['Commit without a name', () => client.commit('', 'active'), 'INVALID_ARGUMENT'],
      ['Prepare with a long label', () => client.prepare('new', '', { l: 'x'.repeat(4096) }), 'INVALID_ARGUMENT'],
      ['List by a filter that is none', () => client.list('name='), 'INVALID_ARGUMENT'],
    ];
    for (const [what, call, code] of cases) expect(await codeOf(call()), what).to.equal(code);
    expect(await client.names()).to.deep.equal(['active', 'committed', 'view']);
    await client.prepare('apart');
    const rebase = await codeOf(client.call('commit', { name: 'new', key: 'apart', parent: 'committed' }));
    expect(rebase).to.equal('UNIMPLEMENTED');
    await client.call('commit', { name: 'new', key: 'active', parent: 'committed' });
  });

  it('says what went wrong and what can be done', async () => {
    const { details } = await refusal(client.update('nobody', {}));
    expect(details).to.equal('snapshot "nobody" does not exist');
    await client.prepare('a');
    expect((await refusal(client.commit('b', 'a', { l: 'x'.repeat(4096) }))).details).to.match(
      /Use at most 4096 bytes/u,
    );
  });

  it('takes keys and labels as containerd makes them', async () => {
    const key =
      'default/12/extract-162325263-Ldl4 sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
    const labels = { 'containerd.io/snapshot.ref': 'sha256:5f', ünicode: 'ß', empty: '' };
    const [mount] = await client.prepare(key, '', labels);
    expect(mount?.type).to.equal('ext4');
    expect(mount?.source).to.match(/^\/dev\/mapper\/\S+$/u);
    const info = await client.stat(key);
    expect(info.labels).to.deep.equal({
      'containerd.io/snapshot.ref': 'sha256:5f',
      ünicode: 'ß',
      'containerd.io/snapshot/devmapper/fstype': 'ext4',
    });
    expect(await client.names('labels."containerd.io/snapshot.ref"=="sha256:5f",parent==""')).to.deep.equal([key]);
  });

  it('streams lists in batches of a hundred', async () => {
    await client.prepare('tmp');
    await client.commit('p', 'tmp');
    for (let index = 0; index < 204; index++) await client.view(`v${index}`, 'p');
    const batches = await client.batches();
    expect(batches.map(({ info }) => info.length)).to.deep.equal([100, 100, 5]);
    expect(new Set(batches.flatMap(({ info }) => info.map(({ name }) => name))).size).to.equal(205);
  });

  it('tells times between those of whoever asks, which are finer than milliseconds', async () => {
    const times: bigint[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const tick = Date.now();
      while (Date.now() === tick);
      const before = BigInt(Date.now()) * 1_000_000n;
      await client.prepare(`a${turn}`);
      const after = BigInt(Date.now() + 1) * 1_000_000n;
      const { createdAt } = await client.stat(`a${turn}`);
      const made = (createdAt?.seconds ?? 0n) * 1_000_000_000n + BigInt(createdAt?.nanos ?? 0);
      expect(made > before && made <= after, `${before} ${made} ${after}`).to.equal(true);
      times.push(made);
    }
    expect(times.some((time) => time % 1_000_000n !== 0n)).to.equal(true);
  });

  it('goes on after whatever is not gRPC, and messages that are none', async () => {
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff',
      '\0'.repeat(100_000),
    ]) {
      const socket = connect(served.socket);
      socket.on('error', () => undefined);
      socket.resume().end(garbage);
      await once(socket, 'close');
    }
    const raw = new Client(`unix:${served.socket}`, credentials.createInsecure());
    const send = (path: string, bytes: Buffer): Promise<number> =>
      new Promise((resolve) => {
        const same = (value: Buffer): Buffer => value;
        raw.makeUnaryRequest(path, same, same, bytes, (error) => resolve(error?.code ?? status.OK));
      });
    const prepare = '/containerd.services.snapshots.v1.Snapshots/Prepare';
    expect(await send(prepare, Buffer.from([0xff, 0xff, 0xff]))).to.equal(status.INTERNAL);
    expect(await send(prepare, Buffer.alloc(2 * 1024 * 1024, 10))).to.equal(status.RESOURCE_EXHAUSTED);
    expect(await send('/containerd.services.snapshots.v1.Snapshots/Nothing', Buffer.alloc(0))).to.equal(
      status.UNIMPLEMENTED,
    );
    raw.close();
    expect(await client.names()).to.deep.equal([]);
    await client.prepare('a');
  });

  it('undoes what nobody waits for any longer, or finishes it, and leaves no half', async () => {
    await client.prepare('tmp');
    await client.commit('p', 'tmp');
    const calls = Array.from({ length: 30 }, (_, index) =>
      codeOf(client.call('prepare', { key: `a${index}`, parent: 'p' }, index * 2)),
    );
    const codes = await Promise.all(calls);
    expect(codes).to.include('DEADLINE_EXCEEDED');
    const there = await client.names('kind==active');
    for (const [index, code] of codes.entries()) if (code === 'OK') expect(there).to.include(`a${index}`);
    // What nobody waits for may still be under way, and holds its parent until it is made or undone.
    for (let code = ''; code !== 'OK'; code = await codeOf(client.remove('p')))
      for (const key of await client.names('kind==active')) await client.remove(key);
    await client.cleanup();
    expect((await served.snapshotter.status()).outstanding).to.equal(0);
    expect(await client.names()).to.deep.equal([]);
  });
});
