import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshotter } from '@dmthin/snapshotter';
import { expect } from 'chai';
import { codeOf } from '../fixture/code-of.ts';
import { MIB, mib, SnapshotMachine } from '../fixture/snapshot-machine.ts';

const MAX_SIZE = 'containerd.io/snapshot/max-size';

describe('a snapshot', () => {
  let machine: SnapshotMachine;
  let snapshotter: Snapshotter;
  beforeEach(async () => {
    machine = await SnapshotMachine.start();
    snapshotter = await machine.open();
  });
  afterEach(async () => {
    await snapshotter.close();
    await machine.discard();
  });

  /** Prepares, writes and commits a layer as containerd does. */
  const layer = async (name: string, parent: string | undefined, files: Record<string, string>): Promise<void> => {
    const target = await machine.mount(await snapshotter.prepare(`${name}-key`, parent), name);
    for (const [file, text] of Object.entries(files)) await writeFile(join(target, file), text);
    await machine.host.mounts.unmount(target);
    await snapshotter.commit(name, `${name}-key`);
  };
  const volumes = (): string[] => [...machine.records.volumes.keys()].sort();

  it('begins empty, with a root that all may enter', async () => {
    const target = await machine.mount(await snapshotter.prepare('a', undefined), 'a');
    expect(await readdir(target)).to.deep.equal([]);
    expect((await stat(target)).mode & 0o777).to.equal(0o755);
    await machine.host.mounts.unmount(target);
  });

  it('has what its parent has, and what is written to it stays its own', async () => {
    await layer('one', undefined, { os: '1' });
    await layer('two', 'one', { os: '2', app: 'a' });
    const target = await machine.mount(await snapshotter.prepare('top', 'two'), 'top');
    expect(await readFile(join(target, 'os'), 'utf8')).to.equal('2');
    await rm(join(target, 'app'));
    await machine.host.mounts.unmount(target);
    const [one, two] = await Promise.all(['one', 'two'].map(async (name) => snapshotter.view(`v-${name}`, name)));
    const seen = await machine.mount(two ?? [], 'v-two');
    expect(await readdir(seen)).to.have.members(['os', 'app']);
    await machine.host.mounts.unmount(seen);
    const below = await machine.mount(one ?? [], 'v-one');
    expect(await readdir(below)).to.deep.equal(['os']);
    await machine.host.mounts.unmount(below);
  });

  it('costs no mkfs: the empty filesystem of its size is there', async () => {
    const count = (): number => [...machine.records.volumes.keys()].filter((id) => id.startsWith('base-')).length;
    for (const key of ['a', 'b', 'c']) await snapshotter.prepare(key, undefined);
    expect(count()).to.equal(1);
    await snapshotter.prepare('large', undefined, { [MAX_SIZE]: String(16 * MIB) });
    await snapshotter.prepare('large too', undefined, { [MAX_SIZE]: String(16 * MIB) });
    expect(count()).to.equal(2);
  });

  it('that is viewed has a device that takes no writes', async () => {
    await layer('one', undefined, { os: '1' });
    const [mount] = await snapshotter.view('v', 'one');
    expect(mount?.options).to.include('ro');
    const devices = await machine.kernel.list();
    const infos = await Promise.all(devices.map(({ name }) => machine.kernel.info(name)));
    const view = infos.find(({ name }) => `/dev/mapper/${name}` === mount?.source);
    expect(view?.isReadOnly).to.equal(true);
    const [again] = await snapshotter.mounts('v');
    expect(again).to.deep.equal(mount);
    const [active] = await snapshotter.prepare('a', 'one');
    expect(active?.options).to.not.include('ro');
  });

  it('is committed with what a mounted filesystem still held back', async () => {
    const target = await machine.mount(await snapshotter.prepare('a', undefined), 'a');
    await writeFile(join(target, 'late'), 'x'.repeat(300_000));
    await snapshotter.commit('one', 'a');
    const usage = await snapshotter.usage('one');
    expect(Number(usage.size)).to.be.at.least(300_000);
    const seen = await machine.mount(await snapshotter.view('v', 'one'), 'v');
    expect((await readFile(join(seen, 'late'), 'utf8')).length).to.equal(300_000);
    for (const mounted of [target, seen]) await machine.host.mounts.unmount(mounted);
  });

  it('has its usage beyond its parent, live while it is active and as it was committed after', async () => {
    await layer('one', undefined, { os: 'x'.repeat(1_000_000) });
    const one = Number((await snapshotter.usage('one')).size);
    expect(one).to.be.at.least(1_000_000);
    const target = await machine.mount(await snapshotter.prepare('a', 'one'), 'a');
    expect(Number((await snapshotter.usage('a')).size)).to.be.at.most(300_000);
    await writeFile(join(target, 'more'), 'x'.repeat(2_000_000));
    await machine.host.mounts.unmount(target);
    const live = Number((await snapshotter.usage('a')).size);
    expect(live).to.be.within(2_000_000, 3_000_000);
    await snapshotter.commit('two', 'a');
    expect(Number((await snapshotter.usage('two')).size)).to.equal(live);
    expect(Number((await snapshotter.usage('one')).size)).to.equal(one);
  });

  it('is as large as its label says, and its filesystem too', async () => {
    await layer('one', undefined, { os: '1' });
    const target = await machine.mount(await snapshotter.prepare('a', 'one', { [MAX_SIZE]: String(24 * MIB) }), 'a');
    await writeFile(join(target, 'large'), 'x'.repeat(12 * MIB));
    await machine.host.mounts.unmount(target);
    expect(await codeOf(snapshotter.prepare('b', 'one', { [MAX_SIZE]: String(4 * MIB) }))).to.equal('INVALID_ARGUMENT');
    for (const wrong of ['0', '-1', '1G', '1.5', ' 1', '99999999999999999999'])
      expect(await codeOf(snapshotter.prepare('b', 'one', { [MAX_SIZE]: wrong })), wrong).to.equal('INVALID_ARGUMENT');
    expect(volumes()).to.deep.equal(['base-ext4-8388608', 'snap-1', 'snap-2']);
  });

  it('is removed without being waited for, and leaves nothing', async () => {
    await layer('one', undefined, { os: '1' });
    const target = await machine.mount(await snapshotter.prepare('a', 'one'), 'a');
    await snapshotter.remove('a');
    expect(await codeOf(() => snapshotter.stat('a'))).to.equal('NOT_FOUND');
    await snapshotter.prepare('a', 'one');
    await machine.host.mounts.unmount(target);
    await snapshotter.remove('a');
    await snapshotter.remove('one');
    await snapshotter.cleanUp();
    expect((await snapshotter.status()).outstanding).to.equal(0);
    expect(volumes()).to.deep.equal(['base-ext4-8388608']);
    expect((await machine.kernel.list()).map(({ name }) => name)).to.deep.equal(['pool']);
  });

  it('that is mounted stays where deletion may not be deferred', async () => {
    await snapshotter.close();
    snapshotter = await machine.open({ deferral: { removal: false, deletion: false } });
    const target = await machine.mount(await snapshotter.prepare('a', undefined), 'a');
    let code: string | undefined;
    const removal = codeOf(snapshotter.remove('a')).then((answer) => {
      code = answer;
    });
    // It waits for the device to be closed, 200 times 100 ms.
    for (; code === undefined; await new Promise(setImmediate)) machine.clock.advance(100);
    await removal;
    expect(code).to.equal('BUSY');
    expect(snapshotter.stat('a').kind).to.equal('active');
    await machine.host.mounts.unmount(target);
    await snapshotter.remove('a');
    expect(volumes()).to.deep.equal(['base-ext4-8388608']);
  });

  it('with children stays, whether they are there or just being made', async () => {
    await layer('one', undefined, { os: '1' });
    const making = snapshotter.prepare('a', 'one');
    const removal = codeOf(snapshotter.remove('one'));
    await making;
    expect(await removal).to.equal('CONFLICT');
    await snapshotter.remove('a');
    const leaving = snapshotter.remove('one');
    expect(await codeOf(snapshotter.prepare('b', 'one'))).to.equal('NOT_FOUND');
    await leaving;
  });

  it('has one of each name, however many ask at once', async () => {
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(snapshotter.prepare('a', undefined))));
    expect(codes.filter((code) => code === 'it did not fail')).to.have.lengthOf(1);
    expect(codes.filter((code) => code === 'ALREADY_EXISTS')).to.have.lengthOf(7);
    const commits = await Promise.all(['x', 'y'].map((name) => codeOf(snapshotter.commit(name, 'a'))));
    expect(commits.sort()).to.deep.equal(['NOT_FOUND', 'it did not fail']);
  });

  it('has times that only go forward', async () => {
    await snapshotter.prepare('a', undefined, { one: '1' });
    const made = snapshotter.stat('a');
    expect(made.createdAt).to.equal(made.updatedAt);
    let before = made.updatedAt;
    for (let turn = 0; turn < 3; turn++) {
      const { createdAt, updatedAt } = await snapshotter.update('a', { one: String(turn) });
      expect(createdAt).to.equal(made.createdAt);
      expect(updatedAt > before).to.equal(true);
      before = updatedAt;
    }
  });

  it('is found again by the next process, and mounted after a restart of the machine', async () => {
    await layer('one', undefined, { os: '1' });
    await snapshotter.prepare('a', 'one', { l: 'v' });
    const infos = snapshotter.list();
    const usage = await snapshotter.usage('one');
    await snapshotter.close();
    await machine.end('the power goes');
    snapshotter = await machine.open();
    expect(snapshotter.list()).to.deep.equal(infos);
    expect(snapshotter.recovery.findings).to.deep.equal([]);
    expect(await snapshotter.usage('one')).to.deep.equal(usage);
    expect(Number((await snapshotter.usage('a')).size)).to.equal(0);
    const target = await machine.mount(await snapshotter.mounts('a'), 'a');
    expect(await readFile(join(target, 'os'), 'utf8')).to.equal('1');
    await machine.host.mounts.unmount(target);
  });

  it('is refused by a full pool, unless what is removed makes room', async () => {
    await snapshotter.close();
    snapshotter = await machine.open({ minFreeSpacePercent: 50, baseSize: mib(60) });
    const target = await machine.mount(await snapshotter.prepare('a', undefined), 'a');
    await writeFile(join(target, 'large'), 'x'.repeat(40 * MIB));
    await machine.host.mounts.unmount(target);
    expect(await codeOf(snapshotter.prepare('b', undefined))).to.equal('NO_SPACE');
    await snapshotter.remove('a');
    await snapshotter.prepare('b', undefined);
  });
});
