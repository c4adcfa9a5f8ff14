import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { driverModules, FAKE_MACHINE, GRAPH_DRIVER, type GraphDriver } from 'dmthin';
import { Container } from 'inversify';

/** `etc/hosts` of nine bytes, then `data` of 5000 zeros: `tar --format=ustar -c etc/hosts data | gzip`. */
const TAR = gunzipSync(
  Buffer.from(
    'H4sIAAAAAAACA+3TMQrDMAyFYR2lN4hknPg8Ji1kCBhi9f51OnpIphRK/m8R2AZZoPfyeVhK9SrX0WaK8VubvqqaicUxxJQ07ucWko7yUPmBd/W8ta9spfjRu7P7frg/sZY5r/sCCO7omT1f3eM4/2aTaZd/SxbIPwAAAAAAAAAAAAAAAHDmAwGodjQAKAAA',
    'base64',
  ),
);

describe('an import that a power cut ends', function () {
  this.timeout(60_000);
  let root: string;
  let container: Container;
  let driver: GraphDriver;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dmthin-import-'));
    await start();
    await driver.create('os');
  });
  afterEach(async () => {
    await container.unbindAllAsync();
    await rm(root, { recursive: true });
  });

  async function start(): Promise<void> {
    container = new Container({ defaultScope: 'Singleton' });
    const storageOptions = ['dm.basesize=64M', 'dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'];
    container.load(...driverModules({ root, kernel: 'fake', storageOptions }));
    driver = await container.getAsync(GRAPH_DRIVER);
  }
  async function cutPower(): Promise<void> {
    (await container.getAsync(FAKE_MACHINE)).kernel.faults.crashNow();
    await container.unbindAllAsync().catch(() => undefined);
    await start();
  }
  const ids = (): string[] => driver.layers().map(({ id }) => id);

  it('is gone at the next start, with its thin id, and its name is free', async () => {
    const before = await driver.status();
    driver.import('web', halfOf(TAR), { parent: 'os' }).catch(() => undefined);
    await until(async () => (await readdir(join(root, 'mnt', 'web', 'rootfs'))).includes('etc'));
    await cutPower();
    expect(ids()).to.deep.equal(['os']);
    const { recovery, data } = await driver.status();
    expect([recovery.findings, data.used]).to.deep.equal([[], before.data.used]);
    await driver.import('web', whole(TAR), { parent: 'os' });
    expect(ids()).to.deep.equal(['os', 'web']);
  });

  it('is there with all of its content once it was acknowledged', async () => {
    await driver.import('web', whole(TAR), { parent: 'os' });
    await cutPower();
    expect(ids()).to.deep.equal(['os', 'web']);
    const path = await driver.mount('web');
    expect(await readFile(join(path, 'etc/hosts'), 'utf8')).to.equal('localhost');
    expect((await readFile(join(path, 'data'))).length).to.equal(5000);
    await driver.unmount('web');
  });
});

async function* whole(tar: Uint8Array): AsyncGenerator<Uint8Array> {
  yield tar;
}

/** Half of it, and then nothing for ever. */
async function* halfOf(tar: Uint8Array): AsyncGenerator<Uint8Array> {
  yield tar.subarray(0, 2000);
  await new Promise(() => undefined);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await isSo().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never was so');
}
