import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Bench, openBench, removeScratch } from '../fixture.ts';

describe('a mount of the fake host', () => {
  let bench: Bench;
  let device: string;
  let target: string;

  beforeEach(async () => {
    bench = openBench();
    device = await bench.loop('disk');
    target = bench.directory('target');
    await bench.host.filesystems.make(device, { type: 'ext4' });
  });
  afterEach(() => removeScratch(bench.scratch));

  async function remount(): Promise<void> {
    await bench.host.mounts.unmount(target);
    // The loop device goes with the mount, its last user.
    device = await bench.loop('disk');
    await bench.host.mounts.mount({ source: device, target, type: 'ext4' });
  }

  it('keeps files, directories, links, modes and times', async () => {
    const { mounts } = bench.host;
    writeFileSync(join(target, 'below'), 'what was there before');
    await mounts.mount({ source: device, target, type: 'ext4' });
    expect(readdirSync(target)).to.deep.equal(['lost+found']);
    mkdirSync(join(target, 'a/b'), { recursive: true });
    writeFileSync(join(target, 'a/b/big'), Buffer.alloc(3_000_001, 'x'));
    writeFileSync(join(target, 'a/empty'), '');
    writeFileSync(join(target, 'a/script'), '#!');
    chmodSync(join(target, 'a/script'), 0o4751);
    symlinkSync('../a/b/big', join(target, 'a/link'));
    linkSync(join(target, 'a/script'), join(target, 'a/b/other'));
    utimesSync(join(target, 'a/b/big'), 1, 1_600_000_000.25);
    chmodSync(join(target, 'a'), 0o1777);
    utimesSync(join(target, 'a'), 1, 1_500_000_000);
    const before = lstatSync(join(target, 'a/link'), { bigint: true });

    await mounts.unmount(target);
    expect(readdirSync(target)).to.deep.equal(['below']);
    device = await bench.loop('disk');
    await mounts.mount({ source: device, target, type: 'ext4' });

    expect(readFileSync(join(target, 'a/b/big')).equals(Buffer.alloc(3_000_001, 'x'))).to.equal(true);
    expect(statSync(join(target, 'a/empty')).size).to.equal(0);
    expect(statSync(join(target, 'a/script')).mode & 0o7777).to.equal(0o4751);
    expect(readlinkSync(join(target, 'a/link'))).to.equal('../a/b/big');
    expect(statSync(join(target, 'a/b/other')).ino).to.equal(statSync(join(target, 'a/script')).ino);
    expect(statSync(join(target, 'a/b/big')).mtimeMs).to.equal(1_600_000_000_250);
    expect(statSync(join(target, 'a')).mode & 0o7777).to.equal(0o1777);
    expect(statSync(join(target, 'a')).mtimeMs).to.equal(1_500_000_000_000);
    expect(Number(lstatSync(join(target, 'a/link'), { bigint: true }).mtimeNs - before.mtimeNs)).to.be.within(
      -1000,
      1000,
    );
    await mounts.unmount(target);
  });

  it('keeps what was changed, renamed and deleted', async () => {
    await bench.host.mounts.mount({ source: device, target, type: 'ext4' });
    for (let index = 0; index < 50; index++)
      writeFileSync(join(target, `file${index}`), `content ${index}`.repeat(1000));
    await remount();
    renameSync(join(target, 'file1'), join(target, 'file2'));
    mkdirSync(join(target, 'sub'));
    renameSync(join(target, 'file3'), join(target, 'sub/moved'));
    writeFileSync(join(target, 'file4'), 'short');
    await remount();
    expect(readdirSync(target)).to.have.length(51 - 2 + 1);
    expect(readFileSync(join(target, 'file2'), 'utf8')).to.equal('content 1'.repeat(1000));
    expect(readFileSync(join(target, 'sub/moved'), 'utf8')).to.equal('content 3'.repeat(1000));
    expect(readFileSync(join(target, 'file4'), 'utf8')).to.equal('short');
    expect(readFileSync(join(target, 'file49'), 'utf8')).to.equal('content 49'.repeat(1000));
    await bench.host.mounts.unmount(target);
  });
});
