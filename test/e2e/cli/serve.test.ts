import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { callLibc } from '@dmthin/libc';
import { expect } from 'chai';
import { dmthin, finished, startDmthin } from '../support/dmthin.ts';

import { callPlugin } from '../support/plugin-call.ts';
import { temporaryPlace } from '../support/root.ts';
import { listeningSocket, notifySocket } from '../support/systemd-sockets.ts';

describe('dmthin serve', () => {
  it('serves the plugin until it is told to end, and leaves a root that others can open', async () => {
    await using place = await temporaryPlace();
    const socket = join(place.path, 'plugins/dmthin.sock');
    const root = join(place.path, 'docker/dmthin');
    const child = startDmthin(['serve', '--docker-plugin', socket, '--json'], { root: place.path });
    const ended = finished(child);
    await once(child.stdout ?? child, 'data');
    expect(await callPlugin(socket, 'Plugin.Activate')).to.deep.equal({ Implements: ['GraphDriver'] });
    expect(await callPlugin(socket, 'GraphDriver.Init', { Home: root, Opts: null })).to.deep.equal({});
    expect(await callPlugin(socket, 'GraphDriver.Create', { ID: 'a' })).to.deep.equal({});
    const locked = await dmthin(['ls'], { root });
    expect(locked.stderr).to.match(/LOCKED|holds|another/u);
    child.kill('SIGTERM');
    const { status, stderr } = await ended;
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect((await dmthin(['ls', '--quiet'], { root })).stdout.toString()).to.equal('a\n');
  });

  it('says what to name where there is nothing to serve, and what keeps it from listening', async () => {
    await using place = await temporaryPlace();
    const nothing = await dmthin(['serve'], { root: place.path });
    expect(nothing.status).to.equal(2);
    expect(nothing.stderr).to.include('--docker-plugin /run/docker/plugins/dmthin.sock');
    const taken = await dmthin(['serve', '--docker-plugin', place.path], { root: place.path });
    expect(taken.status).to.equal(4);
    expect(taken.stderr).to.include(`${place.path} is there and is no socket`);
  });

  describe('under systemd', () => {
    if (process.platform !== 'linux') return;

    /** Hands over descriptor 3 as systemd does: to the process that the shell becomes. */
    const handOver = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh'];

    it('serves the socket that it is handed, and leaves it to systemd', async () => {
      await using place = await temporaryPlace();
      const socket = join(place.path, 'dmthin.sock');
      const took = notifySocket(join(place.path, 'notify'));
      const descriptor = listeningSocket(socket);
      await chmod(socket, 0o660);
      const child = startDmthin(['serve', '--docker-plugin', socket], {
        root: place.path,
        environment: { NOTIFY_SOCKET: join(place.path, 'notify') },
        by: handOver,
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
      });
      const ended = finished(child);
      await once(child.stdout ?? child, 'data');
      expect(took()).to.deep.equal(['READY=1\nSTATUS=waiting for dockerd to start']);
      expect(await callPlugin(socket, 'Plugin.Activate')).to.deep.equal({ Implements: ['GraphDriver'] });
      child.kill('SIGTERM');
      expect(await ended).to.deep.include({ status: 0, stderr: '' });
      expect(took()[0]).to.match(/^STOPPING=1/u);
      const { mode } = await lstat(socket);
      expect(mode & 0o777).to.equal(0o660);
      callLibc('close', descriptor);
    });

    it('refuses a socket that no option names, whose clients nobody would answer', async () => {
      await using place = await temporaryPlace();
      const socket = join(place.path, 'other.sock');
      const descriptor = listeningSocket(socket);
      const child = startDmthin(['serve', '--docker-plugin', join(place.path, 'dmthin.sock')], {
        root: place.path,
        by: handOver,
        stdio: ['ignore', 'pipe', 'pipe', descriptor],
      });
      const { status, stderr } = await finished(child);
      expect(status).to.equal(2);
      expect(stderr).to.include(`systemd hands over ${socket}`).and.include('ListenStream=');
      expect(existsSync(join(place.path, 'dmthin.sock'))).to.equal(false);
      callLibc('close', descriptor);
    });

    it('is started by the first call, where systemd-socket-activate listens', async function () {
      if (spawnSync('systemd-socket-activate', ['--version']).status !== 0)
        return skipCase(this, 'systemd-socket-activate is not installed');
      await using place = await temporaryPlace();
      const socket = join(place.path, 'dmthin.sock');
      const child = startDmthin(['serve', '--docker-plugin', socket], {
        root: place.path,
        by: ['systemd-socket-activate', '--listen', socket, '--setenv=DMTHIN_KERNEL', '--setenv=DMTHIN_STORAGE_OPTS'],
      });
      const ended = finished(child);
      await once(child.stderr ?? child, 'data');
      expect(await callPlugin(socket, 'Plugin.Activate')).to.deep.equal({ Implements: ['GraphDriver'] });
      const root = join(place.path, 'docker/dmthin');
      expect(await callPlugin(socket, 'GraphDriver.Init', { Home: root, Opts: null })).to.deep.equal({});
      child.kill('SIGTERM');
      expect((await ended).status).to.equal(0);
    });
  });

  it('reads its config file again on SIGHUP, and names what has to wait', async () => {
    await using place = await temporaryPlace();
    const socket = join(place.path, 'dmthin.sock');
    const config = join(place.path, 'config.json');
    await writeFile(config, '{"log-level": "warn"}');
    const child = startDmthin(['serve', '--docker-plugin', socket, '--config', config], {
      root: place.path,
      environment: { DMTHIN_KERNEL: '', DMTHIN_STORAGE_OPTS: '' },
    });
    const ended = finished(child);
    let said = '';
    child.stderr?.on('data', (part: Buffer) => (said += part.toString()));
    const saidAnd = async (words: string): Promise<void> => {
      while (!said.includes(words)) await once(child.stderr ?? child, 'data');
    };
    await once(child.stdout ?? child, 'data');
    await writeFile(config, '{"log-level": "info", "kernel": "fake", "storage-opts": ["dm.min_free_space=5%"]}');
    child.kill('SIGHUP');
    await saidAnd('the settings were read again');
    expect(said).to.include('the log level is info').and.include('kernel stays as it is until dmthin serve is started');
    await writeFile(config, '{"log-level": "loud"}');
    child.kill('SIGHUP');
    await saidAnd('the settings stay as they are');
    expect(said).to.include('log-level');
    await writeFile(config, '{"storage-opts": ["dm.colour=red"]}');
    said = '';
    child.kill('SIGHUP');
    await saidAnd('the settings stay as they are');
    expect(said).to.include('dm.colour');
    expect(await callPlugin(socket, 'Plugin.Activate')).to.deep.equal({ Implements: ['GraphDriver'] });
    child.kill('SIGTERM');
    expect((await ended).status).to.equal(0);
  });
});

describe('dmthin serve --snapshotter', () => {
  it('serves containerd until it is told to end, and has what it had when it is killed', async () => {
    await using place = await temporaryPlace();
    const socket = join(place.path, 'containerd.sock');
    const root = join(place.path, 'snapshots');
    const start = async (): Promise<ChildProcess> => {
      const child = startDmthin(['serve', '--snapshotter', socket, '--json'], { root });
      const [answer] = await once(child.stdout ?? child, 'data');
      expect(JSON.parse(String(answer))).to.deep.equal({ snapshotter: socket });
      return child;
    };
    const killed = await start();
    const locked = await dmthin(['ls'], { root });
    expect(locked.stderr).to.match(/held by process/u);
    const death = once(killed, 'exit');
    killed.kill('SIGKILL');
    await death;
    const child = await start();
    const ended = finished(child);
    child.kill('SIGTERM');
    expect((await ended).status).to.equal(0);
    const docker = await dmthin(['ls'], { root });
    expect(docker.status).to.not.equal(0);
    expect(docker.stderr).to.include("has the records of containerd's layers");
  });
});
