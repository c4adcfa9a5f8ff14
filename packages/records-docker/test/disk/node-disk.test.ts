import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, nodeDisk } from '@dmthin/records-docker';
import { expect } from 'chai';
import { restore, stub } from 'sinon';

const LONG = 'x'.repeat(5000);

describe('reads of the host file system', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'node-disk-'));
    await writeFile(join(directory, 'short'), 'short');
    await writeFile(join(directory, 'long'), LONG);
  });
  afterEach(async () => {
    restore();
    await rm(directory, { recursive: true });
  });

  /** Whether what is read is here without waiting for a thread. */
  async function isReadAtOnce(disk: Disk): Promise<boolean> {
    let isHere = false;
    const reading = disk.read(join(directory, 'short'), 100).then(() => {
      isHere = true;
    });
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    const wasHere = isHere;
    await reading;
    return wasHere;
  }

  /** A disk whose reads have all taken as many milliseconds. */
  async function diskAfter(reads: number, milliseconds: number): Promise<Disk> {
    const disk = nodeDisk(false);
    let now = 0;
    const clock = stub(performance, 'now').callsFake(() => (now += milliseconds));
    for (let read = 0; read < reads; read++) await disk.read(join(directory, 'short'), 100);
    clock.restore();
    return disk;
  }

  it('are done at once while they come from the page cache', async () => {
    expect(await isReadAtOnce(await diskAfter(20, 0.01))).to.equal(true);
  });

  it('go to the thread pool where the disk is slow, and not for a slow one by chance', async () => {
    expect(await isReadAtOnce(await diskAfter(3, 5))).to.equal(true);
    expect(await isReadAtOnce(await diskAfter(20, 5))).to.equal(false);
  });

  for (const [how, milliseconds] of [
    ['at once', 0],
    ['by the pool', 5],
  ] as const)
    it(`give all of a file, or as much as was asked for, ${how}`, async () => {
      const disk = await diskAfter(20, milliseconds);
      expect(String(await disk.read(join(directory, 'short'), 100))).to.equal('short');
      expect(String(await disk.read(join(directory, 'long'), 10_000))).to.equal(LONG);
      expect(String(await disk.read(join(directory, 'long'), 3000))).to.equal(LONG.slice(0, 3000));
      const missing = await disk.read(join(directory, 'none'), 100).catch((error: unknown) => error);
      expect(missing).to.have.property('code', 'ENOENT');
    });
});
