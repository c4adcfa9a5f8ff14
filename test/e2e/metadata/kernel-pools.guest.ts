import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DmError, deviceName, sectors, type Table } from '@dmthin/domain';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';
import { type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { BlockDevice } from '@dmthin/ports';
import { checkMetadata, openMetadataFile } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { KernelDevices } from '../../guest/kernel-devices.ts';

/** How many pools are made: 15, or as many as DMTHIN_KERNEL_POOLS says. */
const POOLS = Number(process.env['DMTHIN_KERNEL_POOLS'] ?? 15);

const POOL = deviceName(`dmthin-small-${process.pid}`);
const THIN = deviceName(`${POOL}-thin`);
const BLOCK_SECTORS = 128;
const BLOCK = BLOCK_SECTORS * 512;
const DATA_BLOCKS = 4096;
const THIN_BLOCKS = 2048;
const METADATA_BYTES = 2 * 1024 * 1024;

type Step =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'write'; readonly id: number; readonly begin: number; readonly count: number; readonly by: number }
  | { readonly kind: 'discard'; readonly id: number; readonly begin: number; readonly count: number }
  | { readonly kind: 'reload' }
  | { readonly kind: 'cut' };

const id = fc.nat(5);
const begin = fc.nat(THIN_BLOCKS - 1);
const messages = fc.oneof(
  { weight: 3, arbitrary: id.map((thin) => `create_thin ${thin}`) },
  { weight: 5, arbitrary: fc.tuple(id, id).map(([thin, origin]) => `create_snap ${thin} ${origin}`) },
  { weight: 2, arbitrary: id.map((thin) => `delete ${thin}`) },
  { weight: 1, arbitrary: fc.constantFrom('reserve_metadata_snap', 'release_metadata_snap') },
  { weight: 1, arbitrary: fc.constant('set_transaction_id 0 1') },
);
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('message'), text: messages }) },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('write'),
          id,
          begin,
          count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 })),
          by: fc.constantFrom(1, 1, 2, 7),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('discard'), id, begin, count: fc.integer({ min: 1, max: 400 }) }),
      },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'cut' }, { kind: 'reload' }) },
    ),
    { minLength: 8, maxLength: 24, size: 'max' },
  )
  .map((rest) => [{ kind: 'message', text: 'create_thin 0' }, ...rest]);

describe('small pools of the real kernel, beside thin_check', function () {
  this.timeout(0);
  let directory: string;
  let bench: Bench;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dmthin-small-pools-'));
    bench = new Bench(directory, createLinuxHost(), await openIoctlKernel());
  });
  after(async () => {
    await bench.close();
    rmSync(directory, { recursive: true });
  });

  it('are clean or not as thin_check says, as the power may leave them and as they are taken down', async () => {
    const looks = { clean: 0, unclean: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        for (const isClean of await bench.compare(changes)) looks[isClean ? 'clean' : 'unclean']++;
      }),
      { numRuns: POOLS, endOnFailure: true },
    );
    console.log(
      `      ${POOLS} pools, looked at ${looks.clean + looks.unclean} times, ${looks.unclean} times not clean`,
    );
    expect(looks.clean).to.be.greaterThanOrEqual(POOLS);
  });
});

/** Two loop devices on which one pool is made after another. */
class Bench {
  readonly #host: LinuxHost;
  readonly #kernel: IoctlKernel;
  readonly #devices = new KernelDevices();
  readonly #metadataFile: string;
  /** What the metadata's file was in the middle of it all. */
  readonly #cutFile: string;
  readonly #metadata: string;
  readonly #data: string;
  readonly #cut: string;

  constructor(directory: string, host: LinuxHost, kernel: IoctlKernel) {
    this.#host = host;
    this.#kernel = kernel;
    const file = (name: string, size: number): string => {
      const path = join(directory, name);
      writeFileSync(path, '');
      truncateSync(path, size);
      return path;
    };
    this.#metadataFile = file('metadata', METADATA_BYTES);
    this.#cutFile = file('cut', METADATA_BYTES);
    this.#metadata = this.#devices.attach(this.#metadataFile);
    this.#cut = this.#devices.attach(this.#cutFile);
    this.#data = this.#devices.attach(file('data', DATA_BLOCKS * BLOCK));
  }

  /** Makes a new pool of these changes, and looks at it with both checks, which have to agree; what they found. */
  async compare(changes: readonly Step[]): Promise<readonly boolean[]> {
    const found: boolean[] = [];
    const descriptor = openSync(this.#metadataFile, 'r+');
    writeSync(descriptor, new Uint8Array(4096), 0, 4096, 0);
    closeSync(descriptor);
    await this.#up();
    for (const change of changes) {
      if (change.kind !== 'cut') await this.#make(change);
      else {
        copyFileSync(this.#metadataFile, this.#cutFile);
        found.push(agreed(this.#cutFile, this.#cut));
      }
    }
    await this.#kernel.remove(POOL);
    return [...found, agreed(this.#metadataFile, this.#metadata)];
  }

  async close(): Promise<void> {
    await this.#kernel.close();
    await this.#host.close();
    this.#devices[Symbol.dispose]();
  }

  async #make(change: Exclude<Step, { readonly kind: 'cut' }>): Promise<void> {
    switch (change.kind) {
      case 'message':
        await refusable(this.#kernel.message(POOL, sectors(0), change.text));
        return;
      case 'reload':
        await this.#kernel.remove(POOL);
        await this.#up();
        return;
      case 'write':
        await this.#withThin(change.id, async (device) => {
          for (let n = 0; n < change.count; n++)
            await device.write(BigInt(((change.begin + n * change.by) % THIN_BLOCKS) * BLOCK), new Uint8Array(512));
        });
        return;
      case 'discard':
        await this.#withThin(change.id, (device) => {
          const length = Math.min(change.count, THIN_BLOCKS - change.begin) * BLOCK;
          return device.discard(BigInt(change.begin * BLOCK), BigInt(length));
        });
    }
  }

  async #withThin(thin: number, use: (device: BlockDevice) => Promise<void>): Promise<void> {
    await this.#kernel.create(THIN);
    try {
      await this.#kernel.load(THIN, table('thin', THIN_BLOCKS, `/dev/mapper/${POOL} ${thin}`));
      await this.#kernel.resume(THIN);
      const device = await this.#host.blockDevices.open(`/dev/mapper/${THIN}`);
      await use(device);
      await device.close();
    } catch (failure) {
      expect((failure as DmError).errno).to.equal('ENODATA');
    }
    await this.#kernel.remove(THIN);
  }

  async #up(): Promise<void> {
    await this.#kernel.create(POOL);
    const params = `${this.#metadata} ${this.#data} ${BLOCK_SECTORS} 0 1 skip_block_zeroing`;
    await this.#kernel.load(POOL, table('thin-pool', DATA_BLOCKS, params));
    await this.#kernel.resume(POOL);
  }
}

function table(type: string, blocks: number, params: string): Table {
  return [{ start: sectors(0), length: sectors(blocks * BLOCK_SECTORS), type, params }];
}

/** For what the pool holds, as a snapshot of what is not there. */
async function refusable(message: Promise<unknown>): Promise<void> {
  try {
    await message;
  } catch (failure) {
    if (!DmError.is(failure)) throw failure;
    expect(failure.errno).to.be.oneOf(['EEXIST', 'ENODATA', 'EBUSY', 'EINVAL']);
  }
}

/** Whether it is clean, as both checks have it: ours of the file, thin_check's of the loop device over it. */
function agreed(file: string, device: string): boolean {
  using metadata = openMetadataFile(file);
  const faults = checkMetadata(metadata);
  const isClean = faults.every(({ severity }) => severity === 'note');
  const { status, stderr } = spawnSync('thin_check', [device], { encoding: 'utf8' });
  expect(isClean, `${stderr} ${JSON.stringify(faults)}`).to.equal(status === 0);
  return isClean;
}
