import { codeOf } from '@dmthin/conformance';
import { bytes, type DeviceName, DmError, sectors } from '@dmthin/domain';
import type { ChangedBlocksOptions, SnapshotMarks } from '@dmthin/engine';
import type { BlockDevice, BlockDevices } from '@dmthin/ports';
import { checkMetadata, MemoryMetadataDevice, readPool, restorePool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { id, MIB, POOL, World } from './fixture/world.ts';

const A = id('a');
const B = id('b');
const BLOCK = 65_536n;

describe('what a pool has mapped', () => {
  it('is told of every volume, live or not, and none is made live for it', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await world.kernel.write(await pool.activate(A), 'text');
    await pool.deactivate(A);
    await pool.snapshot(B, A);
    const mapped = await pool.mapped(world.kernel.blockDevices);
    expect([...mapped].sort()).to.deep.equal([
      [A, bytes(BLOCK)],
      [B, bytes(BLOCK)],
    ]);
    expect((await world.kernel.control().list()).map(({ name }) => name)).to.deep.equal([POOL]);
  });
});

describe('what volumes share', () => {
  it('is what several have mapped, until one of them writes to it', async () => {
    const world = await World.fake();
    const pool = await world.open({ snapshotMarks: new Marks() });
    await pool.create(A, MIB);
    const device = await pool.activate(A);
    await world.kernel.write(device, 'text');
    await pool.snapshot(B, A);
    const shared = { mapped: bytes(BLOCK), exclusive: bytes(0), shared: bytes(BLOCK) };
    expect([...(await pool.sharing(world.kernel.blockDevices)).values()]).to.deep.equal([shared, shared]);
    await world.kernel.write(device, 'other');
    const own = { mapped: bytes(BLOCK), exclusive: bytes(BLOCK), shared: bytes(0) };
    expect([...(await pool.sharing(world.kernel.blockDevices)).values()]).to.deep.equal([own, own]);
  });

  it('is read from a metadata snapshot, which is let go of, also where the reading fails', async () => {
    const world = await World.fake();
    const marks = new Marks();
    const pool = await world.open({ snapshotMarks: marks });
    await pool.create(A, MIB);
    const { blockDevices } = world.kernel;
    let held: unknown;
    const broken: typeof blockDevices = {
      ...blockDevices,
      open: async (path) => ({
        ...(await blockDevices.open(path)),
        read: async () => {
          held = await heldRootOf(world);
          throw new DmError('IO', 'cannot be read', { errno: 'EIO' });
        },
      }),
    };
    expect(await codeOf(pool.sharing(broken))).to.equal('IO');
    expect(held, 'was held meanwhile').to.be.a('bigint');
    expect(await heldRootOf(world)).to.equal(undefined);
    expect(marks.words).to.deep.equal(new Set());
    await pool.sharing(blockDevices);
    expect(await heldRootOf(world)).to.equal(undefined);
  });

  it('is not asked for where another program holds a metadata snapshot, which stays', async () => {
    const world = await World.fake();
    const marks = new Marks();
    const pool = await world.open({ snapshotMarks: marks });
    await world.kernel.control().message(POOL, sectors(0), 'reserve_metadata_snap');
    const held = await heldRootOf(world);
    expect(await codeOf(pool.sharing(world.kernel.blockDevices))).to.equal('BUSY');
    await pool.close();
    const again = await world.open({ snapshotMarks: marks });
    expect(again.recovery.findings).to.deep.equal([]);
    expect(await heldRootOf(world)).to.equal(held);
  });

  it('leaves no metadata snapshot held that the next opening would not release', async () => {
    const world = await World.fake();
    const marks = new Marks();
    const pool = await world.open({ snapshotMarks: marks });
    await pool.create(A, MIB);
    // The process ends while it reads: nothing of it goes on from there.
    const reading = new Promise<void>((resolve) => {
      const { blockDevices } = world.kernel;
      const dying = (): Promise<never> => {
        resolve();
        return new Promise(() => {});
      };
      void pool.sharing({ ...blockDevices, open: dying });
    });
    await reading;
    expect(await heldRootOf(world)).to.be.a('bigint');
    const again = await world.open({ snapshotMarks: marks });
    expect(again.recovery.findings).to.deep.equal([
      'the metadata snapshot that a process of this root left held in pool pool was released',
    ]);
    expect(await heldRootOf(world)).to.equal(undefined);
    expect(marks.words).to.deep.equal(new Set());
    expect((await again.sharing(world.kernel.blockDevices)).get(A)?.mapped).to.equal(0n);
  });

  it('drops the note of a metadata snapshot that went with its pool, and spares one that came since', async () => {
    const world = await World.fake();
    const marks = new Marks();
    marks.words.add('7').add('taking');
    await world.kernel.control().message(POOL, sectors(0), 'reserve_metadata_snap');
    const held = await heldRootOf(world);
    await world.open({ snapshotMarks: marks });
    expect(await heldRootOf(world)).to.equal(held);
    expect(marks.words).to.deep.equal(new Set());
  });
});

describe('changed blocks', () => {
  it('are told by range, of two volumes or of one alone, from any offset on', async () => {
    const world = await World.fake();
    const pool = await world.open();
    // Ends within its last block.
    await pool.create(A, bytes(MIB - 4096n));
    const device = await pool.activate(A);
    for (const block of [0n, 1n, 5n, 15n]) await world.kernel.writeAt(device, block * BLOCK);
    await pool.snapshot(B, A);
    const copy = await pool.activate(B);
    for (const block of [1n, 2n, 15n]) await world.kernel.writeAt(copy, block * BLOCK);
    await world.kernel.discard(copy, 5n * BLOCK, BLOCK);
    const ranges = async (of: typeof A, options?: ChangedBlocksOptions): Promise<unknown[]> =>
      (await gathered(pool.changedBlocks(world.kernel.blockDevices, of, options))).map(({ kind, offset, length }) => [
        kind,
        offset,
        length,
      ]);
    const end = 15n * BLOCK;
    expect(await ranges(B, { base: A })).to.deep.equal([
      ['changed', BLOCK, 2n * BLOCK],
      ['unmapped', 5n * BLOCK, BLOCK],
      ['changed', end, BLOCK - 4096n],
    ]);
    expect(await ranges(A, { base: A })).to.deep.equal([]);
    expect(await ranges(A)).to.deep.equal([
      ['changed', 0n, 2n * BLOCK],
      ['changed', 5n * BLOCK, BLOCK],
      ['changed', end, BLOCK - 4096n],
    ]);
    expect(await ranges(B, { base: A, from: bytes(2n * BLOCK + 512n) })).to.deep.equal([
      ['changed', 2n * BLOCK + 512n, BLOCK - 512n],
      ['unmapped', 5n * BLOCK, BLOCK],
      ['changed', end, BLOCK - 4096n],
    ]);
    expect(await codeOf(ranges(id('none')))).to.equal('NOT_FOUND');
    expect(await heldRootOf(world)).to.equal(undefined);
  });
});

describe('a reader of a volume', () => {
  it('reads it beside its own device, changes nothing, and goes with its process', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    await world.kernel.write(await pool.activate(A), 'text');
    const { blockDevices } = world.kernel;
    const reader = await pool.openReader(blockDevices, A);
    expect(new TextDecoder().decode(await reader.read(0n, 512)).trimEnd()).to.equal('text');
    await pool.deactivate(A);
    const [device] = (await world.kernel.control().list()).map(({ name }) => name);
    expect(device).to.match(/^dm-@1\.\d+$/u);
    expect(await world.kernel.control().info(device as DeviceName)).to.include({ isReadOnly: true });
    expect(reader.size).to.equal(MIB);
    await reader.close();
    expect((await world.kernel.control().list()).map(({ name }) => name)).to.deep.equal([POOL]);

    // The process ends with a reader, whose descriptor goes with it.
    const opened: BlockDevice[] = [];
    const open: BlockDevices['open'] = async (path, options) => {
      const device = await blockDevices.open(path, options);
      opened.push(device);
      return device;
    };
    await pool.openReader({ ...blockDevices, open }, A);
    for (const device of opened) await device.close();
    const again = await world.open();
    expect((await world.kernel.control().list()).map(({ name }) => name)).to.deep.equal([POOL]);
    expect(again.recovery.findings).to.deep.equal([]);
  });
});

describe('a backup of the metadata', () => {
  it('is what restore takes, of one moment, though the pool goes on', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    const device = await pool.activate(A);
    await world.kernel.write(device, 'text');
    const parts = pool.metadataBackup(world.kernel.blockDevices)[Symbol.asyncIterator]();
    const first = await parts.next();
    await pool.create(B, MIB);
    const text = new TextDecoder().decode(first.value);
    expect((await parts.next()).done).to.equal(true);
    expect(await heldRootOf(world)).to.equal(undefined);
    const restored = new MemoryMetadataDevice(512);
    await restorePool(restored, [new TextEncoder().encode(text)]);
    const reader = readPool(restored);
    expect([...reader.thinDevices()].map(({ id: thin, mappedBlocks }) => [thin, mappedBlocks])).to.deep.equal([[1, 1]]);
    expect(reader.dataBlocks).to.equal(1024);
    expect(checkMetadata(restored)).to.deep.equal([]);
  });

  it('lets go of the pool where it is given up, and where the pool is closed', async () => {
    const world = await World.fake();
    const pool = await world.open();
    await pool.create(A, MIB);
    for await (const _ of pool.metadataBackup(world.kernel.blockDevices)) break;
    expect(await heldRootOf(world)).to.equal(undefined);
    const parts = pool.metadataBackup(world.kernel.blockDevices)[Symbol.asyncIterator]();
    await parts.next();
    expect(await heldRootOf(world)).to.be.a('bigint');
    await pool.close();
    expect(await heldRootOf(world)).to.equal(undefined);
    await parts.return?.();
  });
});

class Marks implements SnapshotMarks {
  readonly words = new Set<string>();

  all(): Iterable<string> {
    return this.words;
  }

  async add(mark: string): Promise<void> {
    this.words.add(mark);
  }

  async remove(mark: string): Promise<void> {
    this.words.delete(mark);
  }
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function heldRootOf(world: Awaited<ReturnType<typeof World.fake>>): Promise<bigint | undefined> {
  const [line] = await world.kernel.control().status(POOL);
  const word = line?.text.trim().split(' ')[3];
  return word === '-' || word === undefined ? undefined : BigInt(word);
}
