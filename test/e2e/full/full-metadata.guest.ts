import { writeSync } from 'node:fs';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { sectors } from '@dmthin/domain';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { type GraphDriver, openGraphDriver, parseSize } from 'dmthin';
import { print } from '../../guest/print.ts';
import { temporaryPlace } from '../support/root.ts';

/** 128 blocks of metadata, which some twenty thousand blocks of data fill. */
const OPTIONS = ['dm.fs=ext4', 'dm.basesize=64M', 'dm.loopdatasize=4G', 'dm.loopmetadatasize=512K'];
const BLOCK = 65_536;
const PAGE = Buffer.alloc(4096, 1);

/** Somebody writes to a layer as a block device, 4 KiB of each data block, so that it costs metadata and little memory. */
class RawLayer implements AsyncDisposable {
  readonly #name: string;
  readonly #handle: FileHandle;
  #next = 0;

  private constructor(name: string, handle: FileHandle) {
    this.#name = name;
    this.#handle = handle;
  }

  static async open(poolName: string, { deviceId }: { readonly deviceId: number }): Promise<RawLayer> {
    const name = `raw-${deviceId}`;
    print('dmsetup', 'create', name, '--table', `0 ${8 * 2 ** 21} thin /dev/mapper/${poolName} ${deviceId}`);
    return new RawLayer(name, await open(`/dev/mapper/${name}`, 'r+'));
  }

  async write(blocks: number): Promise<void> {
    for (const end = this.#next + blocks; this.#next < end; await this.#handle.sync())
      for (let left = Math.min(500, end - this.#next); left > 0; left--, this.#next++)
        writeSync(this.#handle.fd, PAGE, 0, PAGE.length, this.#next * BLOCK);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    print('dmsetup', 'remove', this.#name);
  }
}

async function withLayers(
  options: readonly string[],
  use: (driver: GraphDriver, reopen: () => Promise<GraphDriver>) => Promise<void>,
): Promise<void> {
  await using place = await temporaryPlace();
  const reopen = (): Promise<GraphDriver> =>
    openGraphDriver({ root: join(place.path, 'root'), kernel: 'ioctl', storageOptions: [...OPTIONS, ...options] });
  const driver = await reopen();
  try {
    await driver.create('kept');
    await writeFile(join(await driver.mount('kept'), 'file'), 'kept');
    await driver.unmount('kept');
    for (const id of ['old', 'hog']) await driver.create(id);
    await use(driver, reopen);
  } finally {
    await driver.close();
  }
}

async function modeOf(driver: GraphDriver): Promise<string> {
  const { pool } = await driver.status();
  return pool.kind === 'ok' ? pool.mode : pool.kind;
}

/** Less than a tenth is free. */
async function isNearlyFull(driver: GraphDriver): Promise<boolean> {
  const { used, total } = (await driver.status()).metadata;
  return used * 10n > total * 9n;
}

describe('a pool without room for metadata on a real kernel', function () {
  this.timeout(120_000);

  it('refuses new layers early, removes those there are, and goes on once it is grown', () =>
    withLayers([], async (driver) => {
      const { poolName } = await driver.status();
      {
        await using raw = await RawLayer.open(poolName, driver.layer('hog'));
        while (!(await isNearlyFull(driver))) await raw.write(500);
      }
      const refused = await failureOf(driver.create('new', { parent: 'kept' }));
      expect(refused.code).to.equal('NO_SPACE');
      expect(refused.remedy).to.include('dmthin pool resize --metadata').and.include('remove layers');
      await driver.remove('old');
      await driver.resizePool({ metadata: parseSize('1M') });
      await driver.create('new', { parent: 'kept' });
      expect(await readFile(join(await driver.mount('new'), 'file'), 'utf8')).to.equal('kept');
      expect(await driver.check()).to.deep.equal([]);
    }));

  it('takes no change for want of it but that layers are removed, and goes on then', () =>
    withLayers(['dm.min_free_space=0%'], async (driver) => {
      const { poolName } = await driver.status();
      {
        await using raw = await RawLayer.open(poolName, driver.layer('hog'));
        await raw.write(10_000);
      }
      const kernel = await openIoctlKernel();
      for (let id = 5000; (await modeOf(driver)) === 'rw'; id++)
        // The last of them may be refused.
        await kernel.message(poolName, sectors(0), `create_thin ${id}`).catch(() => undefined);
      await kernel.close();
      expect(await modeOf(driver)).to.equal('ro');
      const refused = await failureOf(driver.create('new', { parent: 'kept' }));
      expect(refused.code).to.equal('READ_ONLY');
      expect(refused.remedy).to.include('remove layers');
      await driver.remove('old');
      await driver.remove('hog');
      expect(await modeOf(driver)).to.equal('rw');
      await driver.create('new', { parent: 'kept' });
      expect(await readFile(join(await driver.mount('new'), 'file'), 'utf8')).to.equal('kept');
    }));

  it('fails at once where blocks are written all the same, says so, and is as it was committed when it is opened again', () =>
    withLayers([], async (driver, reopen) => {
      const { poolName } = await driver.status();
      {
        await using raw = await RawLayer.open(poolName, driver.layer('hog'));
        const begun = performance.now();
        const failed: unknown = await raw.write(40_000).catch((error: unknown) => error);
        expect((failed as NodeJS.ErrnoException).code).to.be.oneOf(['EIO', 'ENOSPC']);
        expect(performance.now() - begun).to.be.below(60_000);
      }
      expect(await modeOf(driver)).to.be.oneOf(['fail', 'ro']);
      const refused = await failureOf(driver.create('new', { parent: 'kept' }));
      expect(refused.code).to.equal('READ_ONLY');
      expect(refused.remedy).not.to.equal(undefined);
      await driver.close();
      const again = await reopen();
      try {
        await again.remove('hog');
        await again.create('new', { parent: 'kept' });
        expect(await readFile(join(await again.mount('new'), 'file'), 'utf8')).to.equal('kept');
        expect(await again.check()).to.deep.equal([]);
      } finally {
        await again.close();
      }
    }));
});
