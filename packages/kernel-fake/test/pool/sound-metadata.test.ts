import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DmError, deviceName, sectors, type Table } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, FileStore, ManualClock, MemoryStore } from '@dmthin/kernel-fake';
import { checkMetadata, type Fault, openMetadataFile } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';

/**
 * How many operations are made: 400, or as many as DMTHIN_SOUND_OPERATIONS says. Where it is given, thin_check looks at
 * the metadata too after each.
 */
const OPERATIONS = Number(process.env['DMTHIN_SOUND_OPERATIONS'] ?? 400);
const ASKS_TOOL = process.env['DMTHIN_SOUND_OPERATIONS'] !== undefined;

const POOL = deviceName('pool');
const THIN = deviceName('thin');
const BLOCK_SECTORS = 128;
const BLOCK = BLOCK_SECTORS * 512;
const DATA_BLOCKS = 16_384;
const THIN_BLOCKS = 4096;
const METADATA_BYTES = 8 * 1024 * 1024;
const DISKS = { metadata: { major: 7, minor: 0 }, data: { major: 7, minor: 1 } } as const;

/** A machine with a pool, whose metadata is in a file. */
class PoolAtWork {
  readonly #clock = new ManualClock();
  readonly #metadata: FileStore;
  #kernel: FakeKernel;
  #transaction = 0;

  constructor(file: string) {
    this.#metadata = new FileStore(file, { size: METADATA_BYTES });
    this.#kernel = createFakeKernel({ clock: this.#clock });
    this.#kernel.attach(DISKS.metadata, this.#metadata);
    this.#kernel.attach(DISKS.data, new MemoryStore(DATA_BLOCKS * BLOCK));
  }

  /** Sends a message, which may be refused for what the pool holds. */
  async message(text: string): Promise<void> {
    try {
      await this.#kernel.message(POOL, sectors(0), text);
    } catch (failure) {
      expect(['EEXIST', 'ENODATA', 'EBUSY', 'EINVAL'], text).to.include((failure as DmError).errno);
    }
  }

  async nextTransaction(): Promise<void> {
    await this.#kernel.message(POOL, sectors(0), `set_transaction_id ${this.#transaction} ${++this.#transaction}`);
  }

  async up(): Promise<void> {
    await this.#bring(
      POOL,
      'thin-pool',
      DATA_BLOCKS * BLOCK_SECTORS,
      `7:0 7:1 ${BLOCK_SECTORS} 0 1 skip_block_zeroing`,
    );
  }

  /** I/O to a thin device; none where there is no such device. */
  async io(id: number, access: (handle: ReturnType<FakeKernel['open']>) => void): Promise<void> {
    await this.#kernel.create(THIN);
    try {
      await this.#kernel.load(THIN, table('thin', THIN_BLOCKS * BLOCK_SECTORS, `/dev/mapper/pool ${id}`));
      await this.#kernel.resume(THIN);
      const handle = this.#kernel.open((await this.#kernel.info(THIN)).number);
      access(handle);
      handle.close();
    } catch (failure) {
      expect((failure as DmError).errno).to.be.oneOf(['ENODATA']);
    }
    await this.#kernel.remove(THIN);
  }

  async pause(): Promise<void> {
    await this.#kernel.suspend(POOL);
    this.#clock.advance(3000);
    await this.#kernel.resume(POOL);
  }

  passTime(): void {
    this.#clock.advance(1100);
  }

  async reload(): Promise<void> {
    await this.#kernel.remove(POOL);
    await this.up();
  }

  async crash(): Promise<void> {
    this.#kernel = this.#kernel.reboot();
    await this.up();
    this.#transaction = Number((await this.#kernel.status(POOL))[0]?.text.split(' ')[0]);
  }

  async status(): Promise<string> {
    return (await this.#kernel.status(POOL))[0]?.text ?? '';
  }

  async close(): Promise<void> {
    await this.#kernel.remove(POOL);
    await this.#kernel.close();
    this.#metadata.close();
  }

  async #bring(name: typeof POOL, type: string, length: number, params: string): Promise<void> {
    await this.#kernel.create(name);
    await this.#kernel.load(name, table(type, length, params));
    await this.#kernel.resume(name);
  }
}

function table(type: string, length: number, params: string): Table {
  return [{ start: sectors(0), length: sectors(length), type, params }];
}

type Step = (pool: PoolAtWork) => Promise<void> | void;

/** A step that a failing run is told with. */
function told(words: string, make: Step): Step {
  return Object.assign(make, { toString: () => words });
}

const send = (text: string): Step => told(text, (pool) => pool.message(text));

const id = fc.nat(11);
const where = [id, fc.nat(THIN_BLOCKS - 1), fc.integer({ min: 1, max: 300 })] as const;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: id.map((thin) => send(`create_thin ${thin}`)) },
  { weight: 6, arbitrary: fc.tuple(id, id).map(([thin, origin]) => send(`create_snap ${thin} ${origin}`)) },
  { weight: 2, arbitrary: id.map((thin) => send(`delete ${thin}`)) },
  {
    weight: 10,
    arbitrary: fc.tuple(...where, fc.constantFrom(1, 1, 3, 17)).map(([thin, begin, count, stride]) =>
      told(`write ${thin}: ${begin} ${count} ${stride}`, (pool) =>
        pool.io(thin, (handle) => {
          for (let n = 0; n < count; n++)
            handle.write(((begin + n * stride) % THIN_BLOCKS) * BLOCK, new Uint8Array(512).fill(thin));
        }),
      ),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(...where, fc.integer({ min: 1, max: 4 }))
      .map(([thin, begin, count, times]) =>
        told(`discard ${thin}: ${begin} ${count * times}`, (pool) =>
          pool.io(thin, (handle) =>
            handle.discard(begin * BLOCK, Math.min(count * times, THIN_BLOCKS - begin) * BLOCK),
          ),
        ),
      ),
  },
  { weight: 1, arbitrary: fc.constantFrom('reserve', 'release').map((word) => send(`${word}_metadata_snap`)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      told('next transaction', (pool) => pool.nextTransaction()),
      told('time', (pool) => pool.passTime()),
      told('time', (pool) => pool.passTime()),
      told('suspend and resume', (pool) => pool.pause()),
      told('reload', (pool) => pool.reload()),
      told('crash', (pool) => pool.crash()),
    ),
  },
);

describe("a fake pool's metadata", function () {
  this.timeout(ASKS_TOOL ? 0 : 120_000);

  it('is sound on its device after every operation', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: OPERATIONS, maxLength: OPERATIONS }), async (steps) => {
        const directory = mkdtempSync(join(tmpdir(), 'dmthin-sound-'));
        const file = join(directory, 'metadata');
        const pool = new PoolAtWork(file);
        let used = 0;
        try {
          await pool.up();
          for (const [number, make] of steps.entries()) {
            await make(pool);
            await expectSound(pool, file, `after operation ${number + 1}, ${make}`);
            if (ASKS_TOOL && number % 500 === 499)
              console.log(`      ${number + 1} operations: ${await pool.status()}`);
          }
          used = Number(/^\d+ (\d+)/u.exec(await pool.status())?.[1]);
        } finally {
          await pool.close();
          rmSync(directory, { recursive: true });
        }
        // Trees of more than one node, else it would say little.
        expect(used).to.be.greaterThan(20);
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });
});

/**
 * A pool that commits while a discard is on its way down holds the blocks for that long, as the kernel does: a crash
 * would lose them. The next commit gives them back.
 */
async function expectSound(pool: PoolAtWork, file: string, when: string): Promise<void> {
  const held = faultsOf(file);
  if (held.length > 0) {
    expect(when).to.include('discard');
    expect(held.map(({ place, severity }) => `${place} ${severity}`)).to.deep.equal(
      Array(held.length).fill('data space map minor'),
    );
    await pool.status();
  }
  const faults = faultsOf(file);
  expect(faults, `${when}: ${JSON.stringify(faults)}`).to.deep.equal([]);
  if (!ASKS_TOOL) return;
  const { status, stderr } = spawnSync('/usr/sbin/thin_check', [file], { encoding: 'utf8' });
  expect(status, `${when}: ${stderr}`).to.equal(0);
}

function faultsOf(file: string): readonly Fault[] {
  using device = openMetadataFile(file);
  return checkMetadata(device);
}
