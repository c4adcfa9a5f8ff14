import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createLinuxHost } from '@dmthin/host-linux';
import type { LoopDevice } from '@dmthin/ports';
import { expect } from 'chai';
import { bindInSteps } from '#internal/loop/bind-loop';
import { LO_FLAGS } from '#internal/loop/loop-config';
import { type Bench, closeBench, directoryIn, MIB, openBench, sparseFile } from './bench.ts';

describe('loop devices of Linux', () => {
  let host: Bench;
  beforeEach(() => {
    host = openBench();
  });
  afterEach(() => closeBench(host));

  const file = (name: string, size?: number): string => sparseFile(host, name, size);
  const setting = ({ number }: LoopDevice, name: string): string =>
    readFileSync(`/sys/block/loop${number.minor}/loop/${name}`, 'utf8').trim();

  it('detach themselves with their last user, and say the whole name of their file', async () => {
    const path = file(`disk-${'n'.repeat(100)}`);
    const loop = await host.loopDevices.attach(path);
    expect(setting(loop, 'autoclear')).to.equal('1');
    expect(await host.loopDevices.list()).to.deep.include({ ...loop, file: path });
  });

  it('use direct I/O where the file system has it', async () => {
    const disk = await host.loopDevices.attach(file('disk', 64 * MIB));
    await host.filesystems.make(disk.path, { type: 'ext4' });
    const target = directoryIn(host, 'mnt');
    await host.mounts.mount({ source: disk.path, target, type: 'ext4' });
    try {
      writeFileSync(join(target, 'inner'), '');
      truncateSync(join(target, 'inner'), MIB);
      const inner = await host.loopDevices.attach(join(target, 'inner'));
      expect(setting(inner, 'dio')).to.equal('1');
      expect(setting(disk, 'dio'), 'a tmpfs of Linux 6.1 has none').to.equal('0');
      await host.loopDevices.detach(inner);
    } finally {
      await host.mounts.unmount(target);
    }
  });

  it('are bound in steps where the kernel does not know LOOP_CONFIGURE', async () => {
    const path = file('disk');
    const minor = Number(execFileSync('losetup', ['--find'], { encoding: 'utf8' }).replace(/^\D+/u, ''));
    const [loopFd, fileFd] = [openSync(`/dev/loop${minor}`, 'r+'), openSync(path, 'r+')];
    try {
      const info = { flags: LO_FLAGS.AUTOCLEAR | LO_FLAGS.DIRECT_IO, fileName: path };
      expect(bindInSteps(loopFd, fileFd, info)).to.deep.equal({ result: 0, errno: 0 });
      const loop = await host.loopDevices.find(path);
      expect(loop?.number.minor).to.equal(minor);
      expect(setting(loop as LoopDevice, 'autoclear')).to.equal('1');
    } finally {
      closeSync(fileFd);
      closeSync(loopFd);
    }
    expect(await host.loopDevices.find(path)).to.equal(undefined);
  });

  it('are one for a file that many attach at once, and one each for many files', async () => {
    const path = file('disk');
    const same = await Promise.all(Array.from({ length: 8 }, () => host.loopDevices.attach(path)));
    expect(new Set(same.map((loop) => loop.path)).size).to.equal(1);
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, index) => host.loopDevices.attach(file(`f${index}`))),
    );
    expect(new Set(others.map((loop) => loop.path)).size).to.equal(20);
  });

  it('are shared out among hosts that take free ones at the same time', async () => {
    const hosts = Array.from({ length: 4 }, () => createLinuxHost());
    try {
      const loops = await Promise.all(
        hosts.flatMap((each, one) =>
          [0, 1, 2, 3].map((other) => each.loopDevices.attach(file(`race-${one}-${other}`))),
        ),
      );
      expect(new Set(loops.map((loop) => loop.path)).size).to.equal(16);
    } finally {
      await Promise.all(hosts.map((each) => each.close()));
    }
    expect(await host.loopDevices.list()).to.deep.equal([]);
  });

  it('get a node where there is none', async () => {
    const free = execFileSync('losetup', ['--find'], { encoding: 'utf8' }).trim();
    unlinkSync(free);
    const loop = await host.loopDevices.attach(file('disk'));
    expect(loop.path).to.equal(free);
    expect(statSync(free).isBlockDevice()).to.equal(true);
  });

  it('are not taken from whoever has the number now', async () => {
    const loop = await host.loopDevices.attach(file('mine'));
    await host.loopDevices.detach(loop);
    execFileSync('losetup', [loop.path, file('theirs')]);
    await host.loopDevices.detach(loop);
    expect(await host.loopDevices.find(join(host.scratch, 'theirs'))).to.include({ path: loop.path });
    execFileSync('losetup', ['--detach', loop.path]);
  });

  it('go with the process that attached them, whatever ended it', () => {
    const script = `
      import { createLinuxHost } from '@dmthin/host-linux';
      const loop = await createLinuxHost().loopDevices.attach(process.argv[1]);
      console.log(loop.path);
      process.kill(process.pid, 'SIGKILL');`;
    const args = ['--input-type=module', '--eval', script, file('disk')];
    const { stdout, signal } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
    expect({ path: stdout.trim(), signal }).to.deep.include({ signal: 'SIGKILL' });
    expect(stdout).to.match(/^\/dev\/loop/u);
    expect(existsSync(`/sys/block/${stdout.trim().slice('/dev/'.length)}/loop`)).to.equal(false);
  });

  it('are made as they are needed', async () => {
    const more = 64 + 6; // scripts/guest-init has the kernel make 64
    const files = Array.from({ length: more }, (_, index) => file(`f${index}`));
    const loops = await Promise.all(files.map((path) => host.loopDevices.attach(path)));
    expect(new Set(loops.map(({ path }) => path)).size).to.equal(more);
    expect((await host.loopDevices.list()).map((loop) => loop.file)).to.have.members(files);
  });
});
