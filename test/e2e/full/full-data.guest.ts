import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import { type GraphDriver, openGraphDriver, parseSize } from 'dmthin';
import { print } from '../../guest/print.ts';
import { temporaryPlace } from '../support/root.ts';

/** For how long the kernel keeps writes that have no room (dm-kernel.md, no_space_timeout). */
const LIMIT = '/sys/module/dm_thin_pool/parameters/no_space_timeout';
const LIMIT_SECONDS = 3;
/** What the guest may take for it besides. */
const MARGIN_SECONDS = 20;
const MIB = 2 ** 20;
const OPTIONS = ['dm.fs=ext4', 'dm.basesize=200M', 'dm.loopdatasize=128M', 'dm.loopmetadatasize=8M'];

/** Layers `old` and `other`, which is mounted, in a pool that soon has no room for what is written to `hog`. */
async function withLayers(use: (driver: GraphDriver, hog: string) => Promise<void>): Promise<void> {
  await using place = await temporaryPlace();
  const root = join(place.path, 'root');
  await using driver = await openGraphDriver({ root, kernel: 'ioctl', storageOptions: OPTIONS });
  await driver.create('old');
  await writeFile(join(await driver.mount('old'), 'file'), Buffer.alloc(16 * MIB, 1));
  await driver.unmount('old');
  await driver.create('other');
  await writeFile(join(await driver.mount('other'), 'file'), 'kept');
  print('sync', '--file-system', driver.layer('other').mountPath ?? '');
  await driver.create('hog');
  await use(driver, join(await driver.mount('hog'), 'file'));
}

/** Writes that much, through to the disk; resolves to what dd ended with and to the seconds it took. */
async function write(file: string, mebibytes: number): Promise<{ readonly status: number; readonly seconds: number }> {
  const begun = performance.now();
  const child = spawn('dd', ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync'], {
    stdio: 'ignore',
  });
  const [status] = (await once(child, 'exit')) as [number];
  return { status, seconds: (performance.now() - begun) / 1000 };
}

/** Asks for the status until `work` is done; the longest that an answer took, in milliseconds. */
async function slowestStatus(driver: GraphDriver, work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const end = work.finally(() => {
    isDone = true;
  });
  let slowest = 0;
  while (!isDone) {
    const asked = performance.now();
    await driver.status();
    slowest = Math.max(slowest, performance.now() - asked);
    await sleep(20);
  }
  await end;
  return slowest;
}

async function untilFull(driver: GraphDriver): Promise<void> {
  for (;;) {
    const { pool } = await driver.status();
    if (pool.kind === 'ok' && pool.mode === 'out_of_data_space') return;
    await sleep(20);
  }
}

describe('a pool without room on a real kernel', function () {
  this.timeout(120_000);
  let limit: string;
  before(async () => {
    limit = await readFile(LIMIT, 'utf8');
    await writeFile(LIMIT, String(LIMIT_SECONDS));
  });
  after(() => writeFile(LIMIT, limit));

  it('lets go of writes at the limit, refuses new layers meanwhile, and goes on once some are removed', () =>
    withLayers(async (driver, hog) => {
      const writing = write(hog, 190);
      const watching = slowestStatus(driver, writing);
      await untilFull(driver);
      const refused = await failureOf(driver.create('new', { parent: 'other' }));
      expect(refused.code).to.equal('NO_SPACE');
      expect(refused.remedy).to.include('dmthin pool resize --data').and.include('remove layers');
      await driver.remove('old');
      const { status, seconds } = await writing;
      expect(status).not.to.equal(0);
      expect(seconds).to.be.below(LIMIT_SECONDS + MARGIN_SECONDS);
      expect(await watching).to.be.below(1000);
      expect((await failureOf(driver.unmount('hog'))).code).to.equal('IO');
      await driver.remove('hog');
      const { pool } = await driver.status();
      expect(pool).to.include({ kind: 'ok', mode: 'rw' });
      await driver.create('new', { parent: 'other' });
      const root = await driver.mount('new');
      expect(await readFile(join(root, 'file'), 'utf8')).to.equal('kept');
      expect(await write(join(root, 'more'), 32)).to.include({ status: 0 });
      expect(await write(join(driver.layer('other').mountPath ?? '', 'more'), 8)).to.include({ status: 0 });
      expect(await driver.check()).to.deep.equal([]);
    }));

  it('goes on with the writes that wait once it is grown', () =>
    withLayers(async (driver, hog) => {
      await writeFile(LIMIT, '60');
      const writing = write(hog, 150);
      await untilFull(driver);
      await driver.resizePool({ data: parseSize('256M') });
      expect(await writing).to.include({ status: 0 });
      print('cmp', '--bytes', String(150 * MIB), hog, '/dev/zero');
      await driver.create('new', { parent: 'other' });
      expect(await driver.check()).to.deep.equal([]);
    }));
});
