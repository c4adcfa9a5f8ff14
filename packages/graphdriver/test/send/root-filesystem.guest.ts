import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeviceName, deviceName, devicePath, sectorsOf, thinTable, type VolumeId } from '@dmthin/domain';
import type { GraphDriver } from '@dmthin/graphdriver';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import type { DriverWorld } from '../driver/driver-world.ts';
import { inside } from '../driver/layers.ts';
import { linuxWorlds } from '../driver/linux-world.ts';
import { errorOf } from '../support/expect-error.ts';
import { bytesOf, inPieces } from './two-roots.ts';

const MIB = 2 ** 20;
const LAYERS = 10;
const SIZE = ['dm.basesize=32M', 'dm.loopdatasize=256M'];
/** Of this machine's own root file system: what is there of these, a few to each layer. */
const PARTS = [
  ...['usr/bin/busybox', 'usr/bin/bash', 'usr/bin/tar', 'usr/bin/find', 'usr/bin/perl', 'usr/bin/grep', 'usr/bin/sed'],
  ...['etc', 'usr/share/common-licenses', 'usr/share/base-passwd', 'usr/share/debconf', 'usr/share/terminfo'],
  ...['usr/lib/terminfo', 'usr/share/pam', 'usr/share/keyrings', 'usr/sbin/mke2fs', 'usr/sbin/tune2fs', 'usr/lib/init'],
];

describe('a root file system of ten layers on a real kernel', function () {
  this.timeout(180_000);
  const makeWorld = linuxWorlds(openIoctlKernel);

  it('goes to a pool of other blocks, cut and resumed at random places: the same bytes, shared as here', async () => {
    await using here = await makeWorld();
    await using there = await makeWorld();
    const source = await here.open([...SIZE, 'dm.blocksize=64K']);
    const target = await there.open([...SIZE, 'dm.blocksize=256K']);
    await build(source);

    const random = chance(20_261_124);
    for (let depth = 0; depth < LAYERS; depth += 1) {
      const id = `l${depth}`;
      let stream = await bytesOf(source.send(id, depth === 0 ? {} : { from: `l${depth - 1}` }));
      for (let cut = 0; cut < 2; cut += 1) {
        await errorOf(target.receive(id, inPieces(stream, 65_536, Math.floor(stream.length * random()))), 'CORRUPT');
        expect(target.exists(id)).to.equal(false);
        const [pending] = target.pendingReceives();
        if (pending !== undefined) stream = await bytesOf(source.resumeSend(pending.token));
      }
      await target.receive(id, inPieces(stream));
    }

    expect(target.layers().map(({ id, parent }) => [id, parent])).to.have.deep.members(
      source.layers().map(({ id, parent }) => [id, parent]),
    );
    const sharing = await target.sharing();
    const touched = await touchedBlocks(source, 256 * 1024);
    const held = new Set<number>();
    for (let depth = 0; depth < LAYERS; depth += 1) {
      const id = `l${depth}` as VolumeId;
      const zeros = await compare(here, source, there, target, id);
      const own = touched[depth] ?? new Set();
      for (const block of own) held.add(block);
      const next = touched[depth + 1];
      const alone = next === undefined ? own : new Set([...own].filter((block) => next.has(block)));
      const { mapped = 0n, exclusive = 0n } = sharing.get(id) ?? {};
      expectBlocks(mapped, held, zeros, `what ${id} has mapped`);
      expectBlocks(exclusive, alone, zeros, `what is ${id}'s alone`);
    }
    await inside(target, `l${LAYERS - 1}`, async (root) => {
      const listed = execFileSync('find', ['.', '-type', 'f'], { cwd: root, encoding: 'utf8' }).split('\n').length;
      expect(listed).to.be.above(200);
    });
    expect(await target.check()).to.deep.equal([]);
    const backup = await bytesOf(source.metadataBackup());
    await source.close();
    await target.close();
    // The pool is down, and thin_dump may look into its metadata itself.
    const metadata = await here.ports.loopDevices.attach(join(here.root, 'devicemapper/metadata'));
    const dumped = execFileSync('thin_dump', [metadata.path], { maxBuffer: 64 * MIB });
    await here.ports.loopDevices.detach(metadata);
    expect(backup.equals(dumped), 'a backup of the running pool is what thin_dump says of it').to.equal(true);
  });
});

/** Each layer has some parts more, and some of them not what its parent got first. */
async function build(driver: GraphDriver): Promise<void> {
  const parts = PARTS.filter((part) => existsSync(join('/', part)));
  expect(parts.length, 'parts of a root file system').to.be.at.least(LAYERS);
  for (let depth = 0; depth < LAYERS; depth += 1) {
    await driver.create(`l${depth}`, depth === 0 ? {} : { parent: `l${depth - 1}` });
    await inside(driver, `l${depth}`, async (root) => {
      if (depth % 3 === 2) await rm(join(root, parts[depth - 2] as string), { recursive: true });
      const own = parts.filter((_, index) => index % LAYERS === depth).join(' ');
      execFileSync('sh', ['-c', `tar -C / -c ${own} | tar -C ${root} -x`], { stdio: ['ignore', 'ignore', 'pipe'] });
    });
  }
}

/** Of each layer, the blocks of that size in which it differs from its parent. */
async function touchedBlocks(driver: GraphDriver, blockSize: number): Promise<Set<number>[]> {
  const touched: Set<number>[] = [];
  for (let depth = 0; depth < LAYERS; depth += 1) {
    const blocks = new Set<number>();
    for await (const range of driver.changedBlocks(`l${depth}`, depth === 0 ? undefined : `l${depth - 1}`)) {
      expect(range.kind, 'nothing is discarded in these layers').to.equal('changed');
      const end = Number(range.offset + range.length);
      for (let block = Math.floor(Number(range.offset) / blockSize); block * blockSize < end; block += 1)
        blocks.add(block);
    }
    touched.push(blocks);
  }
  return touched;
}

/** All of them, but for such as hold zeros alone, which may have been given back. */
function expectBlocks(found: bigint, blocks: ReadonlySet<number>, zeros: ReadonlySet<number>, what: string): void {
  const count = Number(found) / (256 * 1024);
  const sure = [...blocks].filter((block) => !zeros.has(block)).length;
  expect(count, what).to.be.within(sure, blocks.size);
}

/** Both layers are equal, byte for byte. Which of their blocks of 256 KiB are zeros. */
async function compare(
  here: DriverWorld,
  source: GraphDriver,
  there: DriverWorld,
  target: GraphDriver,
  id: string,
): Promise<Set<number>> {
  const zeros = new Set<number>();
  const piece = 256 * 1024;
  const zero = Buffer.alloc(piece);
  await withDevice(here, source, id, async (one, size) =>
    withDevice(there, target, id, async (other, otherSize) => {
      expect(otherSize).to.equal(size);
      for (let at = 0; at < size; at += piece) {
        const [a, b] = await Promise.all([one(at, piece), other(at, piece)]);
        if (!Buffer.from(a).equals(b)) expect.fail(`${id} differs at ${at}`);
        if (Buffer.from(b).equals(zero)) zeros.add(at / piece);
      }
    }),
  );
  return zeros;
}

type Read = (offset: number, length: number) => Promise<Uint8Array>;
let scratches = 0;

/** The layer, by a device of its own below the driver. */
async function withDevice(
  { ports: { kernel, blockDevices } }: DriverWorld,
  driver: GraphDriver,
  id: string,
  work: (read: Read, size: number) => Promise<void>,
): Promise<void> {
  const { deviceId, size } = driver.layer(id);
  const pool = devicePath((await driver.status()).poolName);
  scratches += 1;
  const scratch: DeviceName = deviceName(`scratch-${scratches}`);
  await kernel.sequence([
    { command: 'create', device: scratch },
    { command: 'load', device: scratch, table: thinTable({ pool, thinId: deviceId as never, size: sectorsOf(size) }) },
    { command: 'resume', device: scratch },
  ]);
  const device = await blockDevices.open(devicePath(scratch), { readOnly: true });
  try {
    await work((offset, length) => device.read(BigInt(offset), length), Number(size));
  } finally {
    await device.close();
    await kernel.remove(scratch);
  }
}

/** The same places in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}
