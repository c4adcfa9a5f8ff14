import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { command } from '../support/dmthin.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Dockerd } from './dockerd.ts';
import { packRootFileSystem } from './root-file-system.ts';
import { refusal, runScript } from './script.ts';

const SOCKET = '/run/docker/plugins/dmthin.sock';

async function startPlugin(): Promise<ChildProcess> {
  const [program = '', ...before] = command();
  const words = ['serve', '--kernel', 'ioctl', '--docker-plugin', SOCKET];
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function endPlugin(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}

async function mountPoints(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  return lines.map((line) => line.split(' ')[1] ?? '');
}

describe('dockerd 20.10 on the plugin', function () {
  this.timeout(480_000);
  let place: Place;
  let tar: string;
  let plugin: ChildProcess;
  let docker: Dockerd;
  before(async () => {
    place = await temporaryPlace();
    tar = await packRootFileSystem(place.path);
    plugin = await startPlugin();
    docker = new Dockerd('dmthin', join(place.path, 'dmthin'));
    await docker.start();
  });
  after(async () => {
    await docker.stop();
    expect(await endPlugin(plugin, 'SIGTERM')).to.equal(0);
    // dockerd makes its root a mount of its own, and forgets it when it is killed.
    if ((await mountPoints()).includes(docker.dataRoot)) await promisify(execFile)('umount', [docker.dataRoot]);
    await place[Symbol.asyncDispose]();
  });

  const layersMounted = async (): Promise<number> =>
    (await mountPoints()).filter((path) => path.startsWith(join(docker.dataRoot, 'dmthin'))).length;

  it('shows its users what its own devicemapper driver shows them, from import to prune', async () => {
    const own = new Dockerd('devicemapper', join(place.path, 'devicemapper'));
    await own.start();
    const expected = await runScript(own, tar, place.path);
    await own.print('import', tar, 'image');
    const small = ['create', '--storage-opt', 'size=1M', 'image', '/bin/sh'];
    const words = await refusal(own, ...small);
    await own.print('rmi', 'image');
    await own.stop();

    expect(await docker.print('info', '--format', '{{.Driver}}')).to.equal('dmthin\n');
    expect(await runScript(docker, tar, place.path)).to.deep.equal(expected);
    await docker.print('import', tar, 'image');
    expect(await refusal(docker, ...small)).to.include(words);
    await docker.print('rmi', 'image');
    expect(await layersMounted()).to.equal(0);
  });

  it('goes on after a kill -9 of dockerd in the middle of a container, and of the plugin', async () => {
    await docker.print('import', tar, 'image');
    await docker.print(
      'run',
      '--detach',
      '--network',
      'none',
      '--name',
      'long',
      'image',
      '/bin/sh',
      '-c',
      'echo kept >/kept; sleep 600',
    );
    await docker.stop('SIGKILL');
    await docker.start();
    await docker.run('kill', 'long');
    expect(await docker.print('diff', 'long')).to.equal('A /kept\n');
    await endPlugin(plugin, 'SIGKILL');
    plugin = await startPlugin();
    expect(await docker.print('diff', 'long')).to.equal('A /kept\n');
    await docker.print('commit', 'long', 'kept');
    expect(await docker.print('run', '--rm', '--network', 'none', 'kept', '/bin/cat', '/kept')).to.equal('kept\n');
    await docker.print('rm', '--force', 'long');
    await docker.print('rmi', 'kept', 'image');
    await docker.stop();
    expect(await layersMounted()).to.equal(0);
  });
});
