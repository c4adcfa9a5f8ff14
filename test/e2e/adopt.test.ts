import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, jsonOf } from './support/dmthin.ts';
import { openFake, recordsOf, temporaryPlace } from './support/root.ts';

const hash = (letter: string): string => letter.repeat(64);

/** A Docker root over loop files, as dockerd would leave it: its records, its files, its layer database. */
async function dockerRoot(place: string): Promise<string> {
  const docker = join(place, 'docker');
  await mkdir(docker);
  const root = join(docker, 'devicemapper');
  const driver = await openFake(root);
  await driver.create(hash('a'));
  await writeFile(join(await driver.mount(hash('a')), 'file'), 'from Docker');
  await driver.unmount(hash('a'));
  await driver.create(`${hash('c')}-init`, { parent: hash('a') });
  await driver.create(hash('c'), { parent: `${hash('c')}-init` });
  await driver.close();
  // Docker keeps none of this; the machine in memory keeps its disks in the sparse files.
  for (const own of ['parents', 'growing', 'pool.json', 'reserve'])
    await rm(join(root, 'dmthin', own), { recursive: true });
  const database = join(docker, 'image', 'devicemapper', 'layerdb');
  const files: Readonly<Record<string, string>> = {
    [`sha256/${hash('1')}/cache-id`]: hash('a'),
    [`mounts/${hash('e')}/mount-id`]: hash('c'),
    [`mounts/${hash('e')}/init-id`]: `${hash('c')}-init`,
    [`mounts/${hash('e')}/parent`]: `sha256:${hash('1')}`,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(database, path, '..'), { recursive: true });
    await writeFile(join(database, path), content);
  }
  return docker;
}

describe('dmthin adopt', function () {
  this.timeout(60_000);

  it('lists a Docker store and changes nothing, then takes it over in place where it is told to', async () => {
    await using place = await temporaryPlace();
    const docker = await dockerRoot(place.path);
    const root = join(docker, 'devicemapper');
    const surroundings = { root: join(place.path, 'elsewhere') };
    const before = await readdir(root, { recursive: true });

    const seen = await jsonOf<{ layers: object[]; written: boolean }>(['adopt', docker], surroundings);
    expect(seen).to.deep.include({ root, written: false, pool: { kind: 'files', storageOptions: [] }, broken: [] });
    expect(seen.layers).to.have.length(3);
    expect(seen.layers[0]).to.include({ id: hash('a'), role: 'image', deviceId: 2, isDeleted: false });
    expect(await readdir(root, { recursive: true })).to.have.members(before);
    const text = await dmthin(['adopt', root], surroundings);
    expect(text.stdout.toString()).to.include('Nothing was changed').and.include('container-init');

    const taken = await dmthin(['adopt', docker, '--write'], surroundings);
    expect([taken.status, taken.stderr]).to.deep.equal([0, '']);
    expect(taken.stdout.toString()).to.include(`dmthin --root ${root} ls`);
    const layers = await jsonOf<{ id: string; parent?: string }[]>(['ls'], { root });
    expect(layers.map(({ id, parent }) => [id, parent])).to.deep.equal([
      [hash('a'), undefined],
      [hash('c'), `${hash('c')}-init`],
      [`${hash('c')}-init`, hash('a')],
    ]);
    expect((await dmthin(['check'], { root })).status).to.equal(0);
    const driver = await openFake(root);
    expect(await readFile(join(await driver.mount(hash('c')), 'file'), 'utf8')).to.equal('from Docker');
    await driver.close();
  });

  it('takes nothing over, and neither shows nor opens it, while dockerd runs on it; with its pid', async () => {
    await using place = await temporaryPlace();
    const docker = await dockerRoot(place.path);
    const surroundings = { root: join(place.path, 'elsewhere') };
    // Its process is known by its first word.
    const words = ['-c', 'sleep 60; :', 'sh', '--data-root', docker];
    const daemon = spawn('sh', words, { argv0: 'dockerd', stdio: 'ignore', detached: true });
    try {
      const records = await recordsOf(join(docker, 'devicemapper'));
      expect(await jsonOf(['adopt', docker], surroundings)).to.include({ dockerd: daemon.pid });
      for (const more of [['--write'], ['--mount', hash('a'), '--at', place.path]]) {
        const { status, stderr } = await dmthin(['adopt', docker, ...more], surroundings);
        expect(status).to.equal(8);
        expect(stderr).to.include(`dockerd (pid ${daemon.pid}) runs on`).and.include('systemctl stop');
      }
      const opened = await dmthin(['ls'], { root: join(docker, 'devicemapper') });
      expect(opened.status).to.equal(8);
      expect(opened.stderr).to.include(`dockerd (pid ${daemon.pid}) runs on`).and.include('systemctl stop');
      expect((await dmthin(['ls'], { root: join(docker, 'dmthin') })).status, "a plugin's root").to.equal(0);
      expect(await recordsOf(join(docker, 'devicemapper'))).to.deep.equal(records);
    } finally {
      process.kill(-(daemon.pid ?? 0), 'SIGKILL');
    }
    expect((await dmthin(['adopt', docker, '--write'], surroundings)).status).to.equal(0);
  });

  it('says where there is no store; with 3', async () => {
    await using place = await temporaryPlace();
    const { status, stderr } = await dmthin(['adopt', place.path], { root: place.path });
    expect(status).to.equal(3);
    expect(stderr).to.include('/var/lib/docker');
  });
});
