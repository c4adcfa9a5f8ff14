import { bytes, DmError, sectors } from '@dmthin/domain';
import type { SnapshotMarks } from '@dmthin/engine';
import { expect } from 'chai';
import { codeOf, id, MIB, POOL, World } from './fixture/world.ts';

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

async function heldRootOf(world: Awaited<ReturnType<typeof World.fake>>): Promise<bigint | undefined> {
  const [line] = await world.kernel.control().status(POOL);
  const word = line?.text.trim().split(' ')[3];
  return word === '-' || word === undefined ? undefined : BigInt(word);
}
