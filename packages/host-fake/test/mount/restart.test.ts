import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@dmthin/conformance';
import type { SavedFakeHost } from '@dmthin/host-fake';
import { expect } from 'chai';
import { type Bench, benchOn, openBench, removeScratch } from '../fixture.ts';

describe('a fake host that starts again', () => {
  let bench: Bench;
  let device: string;
  let target: string;

  beforeEach(async () => {
    bench = openBench();
    device = await bench.loop('disk');
    target = bench.directory('target');
    writeFileSync(join(target, 'under'), 'below the mount');
    await bench.host.filesystems.make(device, { type: 'ext4' });
    await bench.host.mounts.mount({ source: device, target, type: 'ext4' });
    writeFileSync(join(target, 'synced'), 'synced');
    await bench.host.mounts.sync(target);
  });
  afterEach(() => removeScratch(bench.scratch));

  /** Another process, with what the first one saved. */
  async function next(saved: SavedFakeHost): Promise<Bench> {
    const later = openBench(bench.scratch);
    const read = JSON.parse(JSON.stringify(saved)) as SavedFakeHost;
    await later.host.restoreLoops(read);
    await later.host.restoreMounts(read);
    return later;
  }

  it('finds its mounts and goes on with them', async () => {
    writeFileSync(join(target, 'before'), 'written by the first process');
    await bench.host.fileAttributes.write(join(target, 'before'), 'user.kept', Uint8Array.of(5));
    const later = await next(await bench.host.save());
    expect(await later.host.mounts.list()).to.deep.equal(await bench.host.mounts.list());
    expect(await later.host.loopDevices.list()).to.deep.equal(await bench.host.loopDevices.list());
    expect(await codeOf(later.host.blockDevices.open(device, { exclusive: true }))).to.equal('BUSY');
    writeFileSync(join(target, 'between'), 'written by nobody of ours');
    renameSync(join(target, 'before'), join(target, 'renamed'));
    await later.host.mounts.unmount(target);
    expect(readdirSync(target)).to.deep.equal(['under']);
    expect(await later.host.loopDevices.list()).to.deep.equal([]);

    const { path: source } = await later.host.loopDevices.attach(join(bench.scratch, 'disk'));
    await later.host.mounts.mount({ source, target, type: 'ext4' });
    expect(readdirSync(target)).to.have.members(['between', 'lost+found', 'renamed', 'synced']);
    expect(await later.host.fileAttributes.read(join(target, 'renamed'), 'user.kept')).to.deep.equal(Uint8Array.of(5));
  });

  it('goes through many short runs', async () => {
    let current = bench;
    for (let run = 0; run < 5; run++) {
      writeFileSync(join(target, `run${run}`), `${run}`);
      current = await next(await current.host.save());
      await current.host.mounts.sync(target);
    }
    current = await next(await current.host.save());
    await current.host.mounts.unmount(target);
    const { path: source } = await current.host.loopDevices.attach(join(bench.scratch, 'disk'));
    await current.host.mounts.mount({ source, target, type: 'ext4' });
    for (let run = 0; run < 5; run++) expect(readFileSync(join(target, `run${run}`), 'utf8')).to.equal(`${run}`);
  });

  it('puts the targets back after a power cut, and has lost what was not synced', async () => {
    writeFileSync(join(target, 'lost'), 'never synced');
    const inner = join(target, 'inner');
    mkdirSync(inner);
    const other = await bench.loop('other');
    await bench.host.filesystems.make(other, { type: 'xfs' });
    await bench.host.mounts.mount({ source: other, target: inner, type: 'xfs' });

    const later = openBench(bench.scratch);
    await later.host.reset();
    expect(readdirSync(target)).to.deep.equal(['under']);
    expect(await later.host.mounts.list()).to.deep.equal([]);
    expect(readdirSync(join(bench.scratch, 'state/mounts'))).to.deep.equal([]);
    const { path: source } = await later.host.loopDevices.attach(join(bench.scratch, 'disk'));
    await later.host.mounts.mount({ source, target, type: 'ext4' });
    expect(readdirSync(target)).to.have.members(['lost+found', 'synced']);
  });

  it('puts back a target that was deleted under its mount', async () => {
    renameSync(target, join(bench.scratch, 'moved away'));
    await openBench(bench.scratch).host.reset();
    expect(readdirSync(target)).to.deep.equal(['under']);
  });

  it('attaches files anew on a kernel that was started again over its disks', async () => {
    const kernel = bench.kernel.reboot();
    const later = benchOn(kernel, bench.scratch);
    await later.host.reset();
    const { path } = await later.host.loopDevices.attach(join(bench.scratch, 'disk'));
    expect((await later.host.filesystems.probe(path))?.type).to.equal('ext4');
    expect(existsSync(join(target, 'under'))).to.equal(true);
  });
});
