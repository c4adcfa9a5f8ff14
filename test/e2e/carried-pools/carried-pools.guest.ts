import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkMetadata, openMetadataFile } from '@dmthin/thin-metadata';
import { config, expect } from 'chai';
import fc from 'fast-check';
import { KernelDevices } from '../../guest/kernel-devices.ts';
import { Content, THIN_PAGES } from './content.ts';
import { fakeSide } from './fake-side.ts';
import { kernelSide } from './kernel-side.ts';
import { BLOCK_SECTORS, DATA_BLOCKS, type PoolFiles, type PoolSide } from './pool-side.ts';

const THINS = 5;
const METADATA_BYTES = 4 * 1024 * 1024;

type Step =
  | { readonly kind: 'create' | 'delete' | 'hold' | 'transaction'; readonly id: number }
  | { readonly kind: 'snapshot'; readonly id: number; readonly origin: number }
  | { readonly kind: 'write' | 'discard'; readonly id: number; readonly page: number; readonly count: number };

const id = fc.nat(THINS - 1);
const range = {
  page: fc.nat(THIN_PAGES - 1),
  count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 500, max: 4500 })),
};
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('create', 'delete', 'hold', 'transaction'), id }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('snapshot'), id, origin: id }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), id, ...range }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('discard'), id, ...range }) },
  ),
  { minLength: 15, maxLength: 30, size: 'max' },
);

/** The same pool in every run, carried twice; others, and further, with DMTHIN_CARRIED_POOLS. */
const { DMTHIN_CARRIED_POOLS: pools } = process.env;
const ROUNDS = pools === undefined ? 2 : 4;

config.truncateThreshold = 0;

describe('a pool that goes back and forth between the fake kernel and a real one', function () {
  this.timeout(0);

  for (const [title, sides] of [
    ['made by the fake', [fakeSide, kernelSide]],
    ['made by the real kernel', [kernelSide, fakeSide]],
  ] as const)
    it(`holds the same, byte for byte, ${title}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: ROUNDS, maxLength: ROUNDS }), async (rounds) => {
          const directory = mkdtempSync(join(tmpdir(), 'dmthin-carried-'));
          try {
            const pool = new CarriedPool(filesIn(directory));
            for (const [round, changes] of rounds.entries()) await pool.carryTo(sides[round % 2] as Opens, changes);
            await pool.carryTo(sides[0], []);
            await pool.carryTo(sides[1], []);
          } finally {
            rmSync(directory, { recursive: true });
          }
        }),
        { numRuns: Number(pools ?? 1), ...(pools === undefined ? { seed: 1 } : {}), endOnFailure: true },
      );
    });
});

type Opens = (files: PoolFiles) => PoolSide | Promise<PoolSide>;

/** What a pool ought to hold, wherever it is up. */
class CarriedPool {
  readonly #files: PoolFiles;
  readonly #thins = new Map<number, Content>();
  #seed = 1;
  #isHeld = false;
  #transaction = 0;
  #status: string | undefined;

  constructor(files: PoolFiles) {
    this.#files = files;
  }

  /** Brings the pool up there, compares all of it, makes changes, and takes it down. */
  async carryTo(opens: Opens, changes: readonly Step[]): Promise<void> {
    {
      await using side = await opens(this.#files);
      if (this.#status !== undefined) expect(await side.status()).to.equal(this.#status);
      for (const [thin, content] of this.#thins)
        await side.withThin(thin, (device) => content.compare(device, `thin ${thin} on ${opens.name}`));
      for (const change of changes) await this.#make(side, change);
      this.#status = await side.status();
    }
    this.#check();
  }

  async #make(side: PoolSide, step: Step): Promise<void> {
    const content = this.#thins.get(step.id);
    switch (step.kind) {
      case 'create':
        if (content === undefined) await this.#born(side, `create_thin ${step.id}`, step.id, new Content());
        return;
      case 'snapshot': {
        const origin = this.#thins.get(step.origin);
        if (content !== undefined) return;
        if (origin === undefined) return this.#born(side, `create_thin ${step.id}`, step.id, new Content());
        return this.#born(side, `create_snap ${step.id} ${step.origin}`, step.id, new Content(origin));
      }
      case 'delete':
        if (this.#thins.delete(step.id)) await side.message(`delete ${step.id}`);
        return;
      case 'hold':
        await side.message(this.#isHeld ? 'release_metadata_snap' : 'reserve_metadata_snap');
        this.#isHeld = !this.#isHeld;
        return;
      case 'transaction':
        await side.message(`set_transaction_id ${this.#transaction} ${++this.#transaction}`);
        return;
      default:
        if (content === undefined) return;
        await side.withThin(step.id, (device) => {
          if (step.kind === 'discard') content.discard(device, step.page, step.count);
          else content.write(device, step.page, step.count, this.#seed++);
        });
    }
  }

  async #born(side: PoolSide, message: string, thin: number, content: Content): Promise<void> {
    await side.message(message);
    this.#thins.set(thin, content);
  }

  /** thin_check wants a device where the file system takes no direct I/O. */
  #check(): void {
    {
      using metadata = openMetadataFile(this.#files.metadata);
      expect(checkMetadata(metadata)).to.deep.equal([]);
    }
    using devices = new KernelDevices();
    execFileSync('thin_check', ['--quiet', devices.attach(this.#files.metadata)]);
  }
}

function filesIn(directory: string): PoolFiles {
  const files = { metadata: join(directory, 'metadata'), data: join(directory, 'data') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  truncateSync(files.metadata, METADATA_BYTES);
  truncateSync(files.data, DATA_BLOCKS * BLOCK_SECTORS * 512);
  return files;
}
