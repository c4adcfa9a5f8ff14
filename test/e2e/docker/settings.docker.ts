import { type ChildProcess, execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { callPlugin } from '../support/plugin-call.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Dockerd, LOOP_FILES } from './dockerd.ts';
import { packRootFileSystem } from './root-file-system.ts';
import { layersOfSaved } from './saved-image.ts';
import { endPlugin, mountPoints, startPlugin } from './serving.ts';
import { treeOfTar, withoutInit } from './tree.ts';

/** The first of the ids on disk of those that containers have. */
const FIRST_ID = 231_072;
const OPTIONS = ['--userns-remap', 'daemon'];

describe('dockerd 20.10 with --userns-remap, and a plugin that a .spec names', function () {
  this.timeout(240_000);
  let place: Place;
  let socket: string;
  let plugin: ChildProcess;
  let docker: Dockerd;
  let home: string;
  before(async () => {
    place = await temporaryPlace();
    // The remapped root has to get through.
    await chmod(place.path, 0o711);
    socket = join(place.path, 'elsewhere.sock');
    for (const file of ['/etc/subuid', '/etc/subgid']) await writeFile(file, `daemon:${FIRST_ID}:65536\n`);
    await mkdir('/etc/docker/plugins', { recursive: true });
    await writeFile('/etc/docker/plugins/elsewhere.spec', `unix://${socket}\n`);
    plugin = await startPlugin(socket);
    docker = new Dockerd('elsewhere', join(place.path, 'docker'), LOOP_FILES, OPTIONS);
    home = join(docker.dataRoot, `${FIRST_ID}.${FIRST_ID}`, 'elsewhere');
    await docker.start();
  });
  after(async () => {
    await docker.stop();
    expect(await endPlugin(plugin, 'SIGTERM')).to.equal(0);
    for (const path of await mountPoints())
      if (path.startsWith(place.path))
        await promisify(execFile)('umount', ['--recursive', path]).catch(() => undefined);
    await place[Symbol.asyncDispose]();
  });

  const layersMounted = async (): Promise<number> =>
    (await mountPoints()).filter((path) => path.startsWith(`${home}/mnt`)).length;

  it('owns on disk by the remapped root what containers and images own by theirs', async () => {
    const tar = await packRootFileSystem(place.path);
    await docker.print('import', tar, 'image');
    await docker.print('create', '--name', 'box', 'image', '/bin/sh');
    await writeFile(join(place.path, 'in'), 'copied');
    await docker.print('cp', '--archive', join(place.path, 'in'), 'box:/etc/in');
    expect(await docker.print('diff', 'box')).to.equal('C /etc\nA /etc/in\n');
    await docker.print('commit', 'box', 'committed');

    const box = await layerOf('box');
    await docker.stop();
    await endPlugin(plugin, 'SIGKILL');
    plugin = await startPlugin(socket);
    await docker.start();
    const image = await treeOfTar(await readFile(tar));
    const [below, above] = await layersOfSaved(await docker.bytes('save', 'committed'));
    expect(await treeOfTar(below ?? Buffer.alloc(0))).to.deep.equal(image);
    expect((await treeOfTar(above ?? Buffer.alloc(0)))['etc/in']).to.match(/^file 644 0:0 /u);
    expect(withoutInit(await treeOfTar(await docker.bytes('export', 'box')))).to.have.any.keys('etc/in');

    const { Dir } = await callPlugin(socket, 'GraphDriver.Get', { ID: box });
    for (const name of ['.', 'etc', 'etc/in', 'etc/old']) {
      const { uid, gid } = await lstat(join(String(Dir), name));
      expect({ uid, gid }, name).to.deep.equal({ uid: FIRST_ID, gid: FIRST_ID });
    }
    await callPlugin(socket, 'GraphDriver.Put', { ID: box });
    await docker.print('rm', 'box');
    await docker.print('rmi', 'committed', 'image');
    expect(await layersMounted()).to.equal(0);
  });

  /** The driver's id of a container's layer. */
  async function layerOf(container: string): Promise<string> {
    const device = await docker.print('inspect', '--format', '{{.GraphDriver.Data.DeviceName}}', container);
    return /[0-9a-f]{64}/u.exec(device)?.[0] ?? '';
  }
});
