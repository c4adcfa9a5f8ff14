import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Dockerd, LOOP_FILES } from './dockerd.ts';
import { packRootFileSystem } from './root-file-system.ts';
import { refusal, runScript } from './script.ts';
import { endPlugin, mountPoints, startPlugin } from './serving.ts';

/** Containers that run live on while dockerd does not. */
const LIVE = ['--live-restore'];
const SOCKET = '/run/docker/plugins/dmthin.sock';

describe('dockerd 20.10 on the plugin', function () {
  this.timeout(480_000);
  let place: Place;
  let tar: string;
  let plugin: ChildProcess;
  let docker: Dockerd;
  before(async () => {
    place = await temporaryPlace();
    tar = await packRootFileSystem(place.path);
    plugin = await startPlugin(SOCKET);
    docker = new Dockerd('dmthin', join(place.path, 'dmthin'), LOOP_FILES, LIVE);
    await docker.start();
  });
  after(async () => {
    await docker.stop();
    expect(await endPlugin(plugin, 'SIGTERM')).to.equal(0);
    // dockerd makes its root a mount of its own, and forgets it when it is killed.
    for (const path of (await mountPoints()).slice().reverse())
      if (path.startsWith(place.path)) await promisify(execFile)('umount', [path]);
    await place[Symbol.asyncDispose]();
  });

  async function restartPlugin(): Promise<void> {
    await endPlugin(plugin, 'SIGKILL');
    plugin = await startPlugin(SOCKET);
  }

  const layersMounted = async (): Promise<number> =>
    (await mountPoints()).filter((path) => path.startsWith(join(docker.dataRoot, 'dmthin'))).length;

  it('shows its users what its own devicemapper driver shows them, from import to prune', async () => {
    const own = new Dockerd('devicemapper', join(place.path, 'devicemapper'), LOOP_FILES, LIVE);
    await own.start();
    const expected = await runScript(own, tar, place.path, async () => undefined);
    await own.print('import', tar, 'image');
    const small = ['create', '--storage-opt', 'size=1M', 'image', '/bin/sh'];
    const words = await refusal(own, ...small);
    await own.print('rmi', 'image');
    await own.stop();

    expect(await docker.print('info', '--format', '{{.Driver}}')).to.equal('dmthin\n');
    expect(await runScript(docker, tar, place.path, restartPlugin)).to.deep.equal(expected);
    await docker.print('import', tar, 'image');
    expect(await refusal(docker, ...small)).to.include(words);
    await docker.print('rmi', 'image');
    expect(await layersMounted()).to.equal(0);
  });

  it('counts a mount once where the plugin is killed between it and its answer', async () => {
    await docker.print('import', tar, 'image');
    await docker.print('create', '--name', 'box', 'image', '/bin/sh');
    const device = await docker.print('inspect', '--format', '{{.GraphDriver.Data.DeviceName}}', 'box');
    const mountPoint = join(docker.dataRoot, 'dmthin/mnt', /[0-9a-f]{64}/u.exec(device)?.[0] ?? '');
    const around = statSync(join(mountPoint, '..')).dev;
    let isHit = false;
    for (let tries = 0; !isHit && tries < 10; tries += 1) {
      const copied = docker.print('cp', 'box:/etc/kept', '-');
      // In a loop that lets nothing else in: the answer is a few milliseconds behind the mount.
      while ((statSync(mountPoint, { throwIfNoEntry: false })?.dev ?? around) === around);
      plugin.kill('SIGKILL');
      await once(plugin, 'exit');
      const journal = (await readFile(`${SOCKET}.mounts`, 'utf8')).trim().split('\n');
      isHit = journal.at(-1)?.startsWith('get ') === true;
      plugin = await startPlugin(SOCKET);
      expect(await copied).to.include('kept');
    }
    expect(isHit, 'the plugin was never killed in time').to.equal(true);
    expect(await layersMounted()).to.equal(0);
    await docker.print('rm', 'box');
    await docker.print('rmi', 'image');
  });
});
