import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { packRootFileSystem } from '../docker/root-file-system.ts';
import { command } from '../support/dmthin.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Containerd } from './containerd.ts';
import { changesLayer, packImage, readLayer } from './oci-image.ts';
import { makePool, takeDown } from './pool.ts';
import { IMAGE, runScript } from './script.ts';

const OPTIONS = ['dm.basesize=256M', 'dm.fs=ext4', 'dm.loopdatasize=1G', 'dm.loopmetadatasize=64M'];

describe('containerd 1.6 on the snapshotter', function () {
  this.timeout(500_000);
  let place: Place;
  let image: string;
  let socket: string;
  let dmthin: ChildProcess;
  let containerd: Containerd;

  const startDmthin = async (): Promise<ChildProcess> => {
    const [program = '', ...before] = command();
    const words = ['serve', '--snapshotter', socket, '--root', join(place.path, 'dmthin'), '--kernel', 'ioctl'];
    const options = OPTIONS.flatMap((option) => ['--storage-opt', option]);
    const child = spawn(program, [...before, ...words, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await ended)[0];
  };

  before(async () => {
    place = await temporaryPlace();
    socket = join(place.path, 'dmthin.sock');
    const base = await readLayer(await packRootFileSystem(place.path));
    image = await packImage(place.path, IMAGE, [base, await changesLayer()]);
    await makePool(place.path, 'native-pool');
    dmthin = await startDmthin();
    containerd = new Containerd(join(place.path, 'containerd'));
    await containerd.start('native-pool', socket);
  });
  after(async () => {
    await containerd.stop();
    expect(await end(dmthin, 'SIGTERM')).to.equal(0);
    await takeDown(place.path);
    await place[Symbol.asyncDispose]();
  });

  it('shows its users what its own devmapper snapshotter shows them, from import to garbage collection', async () => {
    const expected = await runScript(containerd, 'devmapper', image, place.path);
    const seen = await runScript(containerd, 'dmthin', image, place.path);
    for (const [what, answer] of Object.entries(expected)) expect(seen[what], what).to.deep.equal(answer);
    expect(Object.keys(seen)).to.deep.equal(Object.keys(expected));
    expect(seen['run']).to.deep.include({ status: 0, stdout: 'said\nchangednew' });
    expect(seen['what garbage collection leaves']).to.deep.include({ stdout: 'KEY PARENT KIND\n' });
  });

  it('goes on after a kill -9 of the snapshotter under a running container, and of containerd', async () => {
    const on = ['--snapshotter', 'dmthin'];
    await containerd.print('images', 'import', ...on, image);
    await containerd.print('run', ...on, '--detach', IMAGE, 'long', '/bin/sh', '-c', 'echo kept >/kept; sleep 600');
    const before = await containerd.print('snapshots', ...on, 'ls');
    await end(dmthin, 'SIGKILL');
    dmthin = await startDmthin();
    await containerd.stop('SIGKILL');
    await containerd.start('native-pool', socket);
    expect(await containerd.print('snapshots', ...on, 'ls')).to.equal(before);
    // In this guest runc's exec ends up outside of the container.
    const rootfs = join(place.path, 'containerd/state/io.containerd.runtime.v2.task/default/long/rootfs');
    expect(await readFile(join(rootfs, 'kept'), 'utf8')).to.equal('kept\n');
    await writeFile(join(rootfs, 'later'), 'written by a container that knows of nothing');
    await containerd.print('snapshots', ...on, 'commit', 'kept', 'long');
    await containerd.print('tasks', 'kill', '--signal', 'SIGKILL', 'long');
    await containerd.ctr('tasks', 'delete', '--force', 'long');
    await containerd.print('containers', 'rm', 'long');
    await containerd.print('snapshots', ...on, 'prepare', 'next', 'kept');
    expect(await filesOf('next')).to.include.members(['kept', 'later']);
    await containerd.print('snapshots', ...on, 'rm', 'next');
    await containerd.print('snapshots', ...on, 'rm', 'kept');
    await containerd.print('images', 'rm', '--sync', IMAGE);
    expect(await containerd.print('snapshots', ...on, 'ls')).to.match(/^KEY PARENT KIND *\n$/u);
  });

  const filesOf = async (key: string): Promise<readonly string[]> => {
    const command = await containerd.print('snapshots', '--snapshotter', 'dmthin', 'mounts', place.path, key);
    const device = /\/dev\/mapper\/\S+/u.exec(command)?.[0] ?? '';
    const { stdout } = await promisify(execFile)('debugfs', ['-R', 'ls -p /', device]);
    return Array.from(stdout.matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([^/]+)\//gmu), ([, name = '']) => name);
  };
});
