import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, skipCase } from '@dmthin/conformance';
import { surveyDockerStore } from '@dmthin/records-docker';
import { expect } from 'chai';
import { TemporaryRoot } from './root.ts';

const hash = (letter: string): string => letter.repeat(64);
const record = (thin: number): string =>
  `{"device_id":${thin},"size":10737418240,"transaction_id":${thin},"initialized":${thin === 1},"deleted":false}`;

/** A Docker root with an image of two layers and one container, as dockerd 20.10 leaves it. */
async function dockerRoot(): Promise<TemporaryRoot> {
  const root = await TemporaryRoot.make();
  const files: Readonly<Record<string, string>> = {
    'devicemapper/metadata/base': record(1),
    [`devicemapper/metadata/${hash('a')}`]: record(2),
    [`devicemapper/metadata/${hash('b')}`]: record(3),
    [`devicemapper/metadata/${hash('c')}-init`]: record(4),
    [`devicemapper/metadata/${hash('c')}`]: record(5),
    [`devicemapper/metadata/${hash('d')}`]: record(6),
    'devicemapper/metadata/deviceset-metadata':
      '{"next_device_id":6,"BaseDeviceUUID":"7210f532-e03f-48ae-90db-37301b263cca","BaseDeviceFilesystem":"ext4"}',
    'devicemapper/metadata/transaction-metadata': `{"open_transaction_id":6,"device_hash":"${hash('d')}","device_id":6}`,
    [`image/devicemapper/layerdb/sha256/${hash('1')}/cache-id`]: hash('a'),
    [`image/devicemapper/layerdb/sha256/${hash('2')}/cache-id`]: hash('b'),
    [`image/devicemapper/layerdb/sha256/${hash('2')}/parent`]: `sha256:${hash('1')}`,
    [`image/devicemapper/layerdb/mounts/${hash('e')}/mount-id`]: hash('c'),
    [`image/devicemapper/layerdb/mounts/${hash('e')}/init-id`]: `${hash('c')}-init`,
    [`image/devicemapper/layerdb/mounts/${hash('e')}/parent`]: `sha256:${hash('2')}`,
  };
  for (const [path, content] of Object.entries(files)) await root.write(path, content);
  return root;
}

describe('a Docker store that is looked at', () => {
  it('tells its layers, what they are for and what they were made from, whichever directory is given', async () => {
    await using docker = await dockerRoot();
    for (const directory of [docker.directory, docker.path('devicemapper')]) {
      const store = await surveyDockerStore(directory);
      expect([store.dockerRoot, store.root]).to.deep.equal([docker.directory, docker.path('devicemapper')]);
      expect(store.base).to.include({ thinId: 1, isInitialized: true });
      expect(store.records.pool).to.include({ baseFilesystem: 'ext4' });
      expect(store.layers.map(({ volume, role, parent }) => [volume, role, parent])).to.deep.equal([
        [hash('a'), 'image', undefined],
        [hash('b'), 'image', hash('a')],
        [hash('c'), 'container', `${hash('c')}-init`],
        [`${hash('c')}-init`, 'container-init', hash('b')],
        [hash('d'), 'unlisted', undefined],
      ]);
      expect(store.pool).to.deep.equal({ kind: 'unknown', storageOptions: [] });
      expect(store.daemon).to.equal(undefined);
    }
  });

  it('is left as it is, broken records and in-flight files too', async () => {
    await using docker = await dockerRoot();
    await docker.write('devicemapper/metadata/cut', '{"device');
    await docker.write('devicemapper/metadata/.tmp99', '{');
    const before = await everything(docker.directory);
    const { records } = await surveyDockerStore(docker.directory);
    expect(records.broken.map(({ name }) => name)).to.deep.equal(['cut']);
    expect(await everything(docker.directory)).to.deep.equal(before);
  });

  it('tells how its pool is opened: from its files, its direct-lvm set-up, or Docker’s settings', async () => {
    await using docker = await dockerRoot();
    const daemonFile = docker.path('daemon.json');
    const pool = async (): Promise<unknown> => (await surveyDockerStore(docker.directory, { daemonFile })).pool;
    await docker.write('devicemapper/devicemapper/data', 'd');
    await docker.write('devicemapper/devicemapper/metadata', 'm');
    expect(await pool()).to.deep.equal({ kind: 'files', storageOptions: [] });
    const options = ['dm.thinpooldev=/dev/mapper/pool', 'overlay2.size=1G'];
    await writeFile(daemonFile, JSON.stringify({ 'data-root': docker.directory, 'storage-opts': options }));
    expect(await pool()).to.deep.equal({ kind: 'settings', storageOptions: ['dm.thinpooldev=/dev/mapper/pool'] });
    await writeFile(daemonFile, JSON.stringify({ 'storage-opts': options }));
    expect(await pool()).to.deep.equal({ kind: 'files', storageOptions: [] });
    await docker.write('devicemapper/setup-config.json', '{"Device":"/dev/xvdf","ThinpPercent":0}');
    expect(await pool()).to.deep.equal({ kind: 'direct-lvm', storageOptions: ['dm.thinpooldev=docker-thinpool'] });
  });

  it('tells which dockerd has it', async function () {
    if (process.platform !== 'linux') return skipCase(this, 'this is Linux alone');
    await using docker = await dockerRoot();
    const daemonFile = docker.path('daemon.json');
    const daemon = async (): Promise<unknown> => (await surveyDockerStore(docker.directory, { daemonFile })).daemon;
    const running = async (
      words: readonly string[],
      look: (pid: number | undefined) => Promise<void>,
    ): Promise<void> => {
      const child = spawn('sh', ['-c', 'sleep 30; :', 'sh', ...words], {
        argv0: '/usr/bin/dockerd',
        stdio: 'ignore',
        detached: true,
      });
      try {
        await look(child.pid);
      } finally {
        process.kill(-(child.pid ?? 0));
        await once(child, 'exit');
      }
    };
    await running([], async (pid) => {
      expect(await daemon()).to.equal(undefined);
      await writeFile(daemonFile, JSON.stringify({ 'data-root': docker.directory }));
      expect(await daemon()).to.deep.equal({ pid });
      await rm(daemonFile);
    });
    await running(['--data-root', docker.directory], async (pid) => {
      expect(await daemon()).to.deep.equal({ pid });
      await writeFile(daemonFile, JSON.stringify({ 'storage-driver': 'overlay2' }));
      expect(await daemon(), 'with another driver').to.equal(undefined);
    });
    await running([`--data-root=${docker.directory}`, '-s', 'devicemapper'], async (pid) => {
      expect(await daemon()).to.deep.equal({ pid });
    });
    await writeFile(docker.path('other.json'), JSON.stringify({ 'data-root': docker.directory }));
    await running(['--config-file', docker.path('other.json')], async (pid) => {
      expect(await daemon()).to.deep.equal({ pid });
    });
    await running([`--data-root=${docker.directory}`, '--storage-driver=overlay2'], async () => {
      expect(await daemon()).to.equal(undefined);
    });
    expect(await daemon()).to.equal(undefined);
  });

  it('is none where there are no records', async () => {
    await using docker = await TemporaryRoot.make();
    expect(await codeOf(surveyDockerStore(docker.directory))).to.equal('NOT_FOUND');
  });
});

async function everything(directory: string): Promise<unknown> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    files.sort().map(async (file) => [file, (await stat(file)).mtimeMs, await readFile(file, 'utf8')]),
  );
}
