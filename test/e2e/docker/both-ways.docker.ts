import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type GraphDriver, openGraphDriver } from 'dmthin';
import { KernelDevices } from '../../guest/kernel-devices.ts';
import { print } from '../../guest/print.ts';
import { dmthin, jsonOf, type Surroundings } from '../support/dmthin.ts';
import { GuestPool } from '../support/guest-pool.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { complaintsOf, type DockerImages, makeImages, type Rows, rowsOf } from './docker-images.ts';
import { Dockerd, LOOP_FILES, STORAGE_OPTIONS } from './dockerd.ts';
import { packRootFileSystem } from './root-file-system.ts';
import { type Tree, treeOf, treeOfTar, withoutInit } from './tree.ts';

/** Where a root has its pool, which may be there while no driver has the root open. */
interface Pool {
  readonly options: readonly string[];
  /** Has thin_check look at its metadata, while nobody uses it. */
  check(): void;
  remove(): void;
}

type MakePool = (directory: string, root: string) => Pool;

const given: MakePool = (directory) => {
  const pool = new GuestPool('given', directory, { dataMiB: 2048, metadataMiB: 16 });
  const { name } = pool;
  return { options: [`dm.thinpooldev=/dev/mapper/${name}`], check: () => pool.check(), remove: () => pool.remove() };
};
const files: MakePool = (_, root) => ({
  options: LOOP_FILES,
  // thin_check takes no file of a tmpfs.
  check: () => {
    using devices = new KernelDevices();
    print('thin_check', devices.attach(join(root, 'devicemapper/metadata')));
  },
  remove: () => undefined,
});

/** Half a minute of processor each; with DMTHIN_LONG=1 each kind of pool is made by each of the two. */
const PAIRS: readonly { readonly name: string; readonly ofDocker: MakePool; readonly ofDmthin: MakePool }[] = [
  { name: "Docker's over files, dmthin's over a given pool", ofDocker: files, ofDmthin: given },
  ...(process.env['DMTHIN_LONG'] === '1'
    ? [{ name: "Docker's over a given pool, dmthin's over files", ofDocker: given, ofDmthin: files }]
    : []),
];

for (const { name, ofDocker, ofDmthin } of PAIRS)
  describe(`dockerd 20.10 with its own driver, and dmthin, in turn on roots of both: ${name}`, function () {
    this.timeout(240_000);
    let place: Place;
    let root: string;
    let pool: Pool;
    let docker: Dockerd;
    let images: DockerImages;
    let complaints: ReadonlySet<string>;

    before(async () => {
      place = await temporaryPlace();
      root = join(place.path, 'docker/data/devicemapper');
      await beginWith(ofDocker, 'pool-of-docker');
    });
    after(async () => {
      await docker.stop();
      pool.remove();
      await place[Symbol.asyncDispose]();
    });

    async function beginWith(makePool: MakePool, name: string): Promise<void> {
      const directory = join(place.path, name);
      await mkdir(directory);
      pool = makePool(directory, root);
      docker = new Dockerd('devicemapper', join(place.path, 'docker'), pool.options);
    }
    async function opened<T>(use: (driver: GraphDriver) => Promise<T>): Promise<T> {
      const storageOptions = [...STORAGE_OPTIONS, ...pool.options];
      await using driver = await openGraphDriver({ root, kernel: 'ioctl', storageOptions });
      return await use(driver);
    }
    async function expectWell(driver: GraphDriver, layers: readonly string[]): Promise<void> {
      expect(driver.layers().map(({ id }) => id)).to.have.members(layers);
      expect(await driver.check()).to.deep.equal([]);
    }

    it('what Docker made is there for dmthin as it is for Docker', async () => {
      const tar = await packRootFileSystem(place.path);
      await docker.start();
      images = await makeImages(docker, tar);
      const rows = await rowsOf(docker);
      const { ids, metadata } = images;
      const environment = {
        DMTHIN_KERNEL: 'ioctl',
        DMTHIN_STORAGE_OPTS: [...STORAGE_OPTIONS, ...pool.options].join(' '),
      };
      const surroundings: Surroundings = { root, environment };
      for (const words of [['adopt', docker.dataRoot, '--write'], ['ls']]) {
        const { stderr } = await dmthin(words, surroundings);
        expect(stderr).to.include(`dockerd (pid ${docker.pid}) runs on ${docker.dataRoot}`);
      }
      await docker.stop();
      complaints = await complaintsOf(docker);

      const status = await jsonOf<{ readonly rows: Rows }>(['status'], surroundings);
      expect(status.rows).to.deep.equal(withoutLibrary(rows));
      const inspected = await jsonOf<{ readonly graphDriver: object }>(['inspect', ids.upper], surroundings);
      expect(inspected.graphDriver).to.deep.equal(metadata.upper);
      const layers = [...Object.values(ids), `${ids.container}-init`];
      const listed = await jsonOf<readonly { readonly id: string }[]>(['ls'], surroundings);
      expect(listed.map(({ id }) => id)).to.have.members(layers);
      await opened(async (driver) => {
        await expectWell(driver, layers);
        for (const name of ['lower', 'upper', 'container'] as const)
          expect(driver.metadata(ids[name]), name).to.deep.equal(metadata[name]);
        expect(await contentOf(driver, ids.container)).to.deep.equal(images.container);
        expect(withoutInit(await contentOf(driver, `${ids.container}-init`))).to.deep.equal(
          await treeOfTar(images.layers[0]),
        );
        await expectImages(driver, images);
      });
    });

    it('what dmthin does to it does not trouble Docker', async () => {
      const { ids } = images;
      await opened(async (driver) => {
        await driver.create('kept', { parent: ids.upper });
        await writeFile(join(await driver.mount('kept'), 'own'), 'of dmthin');
        await driver.create('gone', { parent: 'kept' });
        await driver.remove('gone');
      });
      await docker.start();
      expect(await printed(docker, '/bin/cat', '/d/link')).to.equal('new\n');
      expect((await docker.print('diff', 'container')).trim().split('\n')).to.have.members([
        ...['C /etc', 'A /etc/new', 'D /etc/old', 'A /d', 'A /d/link'],
      ]);
      await docker.print('rm', 'container');
      await docker.stop();
      expect(await complaintsOf(docker)).to.deep.equal(complaints);
      pool.check();
      await opened(async (driver) => {
        await expectWell(driver, ['kept', ids.lower, ids.upper]);
        expect(await readFile(join(await driver.mount('kept'), 'own'), 'utf8')).to.equal('of dmthin');
      });
    });

    it('what dmthin made is there for Docker as it is for dmthin', async () => {
      const { ids, layers } = images;
      await rename(root, join(place.path, 'root-of-docker'));
      pool.remove();
      await beginWith(ofDmthin, 'pool-of-dmthin');
      // Docker has what it knows of its images beside the driver's root, and finds their layers by their ids.
      const rows = await opened(async (driver) => {
        await driver.import(ids.lower, stream(layers[0]));
        await driver.import(ids.upper, stream(layers[1]), { parent: ids.lower });
        await driver.create('own');
        return (await driver.status()).rows;
      });
      await docker.start();
      expect(withoutLibrary(await rowsOf(docker))).to.deep.equal(rows);
      expect(await printed(docker, '/bin/cat', '/d/link')).to.equal('new\n');
      await docker.print('create', '--name', 'another', 'upper', '/bin/sh');
      const metadata = await docker.print('inspect', '--format', '{{json .GraphDriver.Data}}', 'upper');
      await docker.stop();
      expect(await complaintsOf(docker)).to.deep.equal(complaints);
      pool.check();
      await opened(async (driver) => {
        expect(driver.layers()).to.have.length(5);
        expect(driver.exists('own')).to.equal(true);
        expect(driver.metadata(ids.upper)).to.deep.equal(JSON.parse(metadata));
        await expectImages(driver, images);
        expect(await driver.check()).to.deep.equal([]);
      });
    });
  });

/** By ioctl there is no libdevmapper, whose version this row is. */
const withoutLibrary = (rows: Rows): Rows => rows.filter(([label]) => label !== 'Library Version');

const printed = (docker: Dockerd, ...words: readonly string[]): Promise<string> =>
  docker.print('run', '--rm', '--network', 'none', 'upper', ...words);

async function expectImages(driver: GraphDriver, { ids, layers, container }: DockerImages): Promise<void> {
  expect(await contentOf(driver, ids.lower), 'lower').to.deep.equal(await treeOfTar(layers[0]));
  expect(await contentOf(driver, ids.upper), 'upper').to.deep.equal(withoutInit(container));
}

async function contentOf(driver: GraphDriver, id: string): Promise<Tree> {
  const tree = await treeOf(await driver.mount(id));
  await driver.unmount(id);
  return tree;
}

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
