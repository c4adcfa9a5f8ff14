import { readFileSync } from 'node:fs';
import { type ThinId, thinId, transactionId } from '@dmthin/domain';
import {
  checkMetadata,
  MemoryMetadataDevice,
  openPoolMetadata,
  type PoolMetadata,
  type ThinDevice,
} from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { errnoOf } from '../support/errno-of.ts';
import { type Operation, recordedRun } from '../support/recorded-run.ts';

/** What Linux 6.1.176 printed in its status lines: `dmsetup status` of the pool, and of each active thin device. */
interface Recording {
  readonly seed: number;
  readonly operations: number;
  /** `transaction used/total used/total`, and `T id sectors highest`. */
  readonly status: readonly string[];
  /** The same with the held root, of the steps made below. */
  readonly growth: readonly string[];
}

const BLOCK_SECTORS = 128;

describe('used metadata and data', () => {
  const path = new URL('../../test/fixtures/linux-6.1.176.json', import.meta.url);
  const recording = JSON.parse(readFileSync(path, 'utf8')) as Recording;
  const format = { dataBlockSize: BLOCK_SECTORS, format: true, kernel: '6.1.176' } as const;

  it('are what a real kernel showed during the same operations', function () {
    this.timeout(20_000);
    const device = new MemoryMetadataDevice(8192);
    const pool = openPoolMetadata(device, format);
    pool.growData(400_000);
    pool.commit();
    const run = new Run(pool);
    for (const operation of recordedRun(recording.seed, recording.operations)) run.make(operation);
    run.end();
    expect(run.status).to.deep.equal(recording.status);
    expect(checkMetadata(device)).to.deep.equal([]);
  });

  it('and the place of what is held are what a real kernel showed while a pool grew', () => {
    const device = new MemoryMetadataDevice(64);
    const pool = openPoolMetadata(device, format);
    const status: string[] = [];
    const show = (): void => {
      pool.commit();
      status.push(`${statusOf(pool)} ${pool.heldRoot ?? '-'}`);
    };
    const step = (change: () => void): void => {
      change();
      pool.commit();
      show();
    };
    step(() => pool.growData(20_000));
    step(() => pool.createThin(thinId(1)));
    for (const blocks of [20_000, 40_000]) {
      device.resize(blocks);
      step(() => pool.growMetadata(blocks));
      step(() => pool.createThin(thinId(blocks)));
    }
    step(() => pool.growData(300_000));
    step(() => pool.createThin(thinId(5)));
    step(() => pool.reserveMetadataSnapshot());
    expect(errnoOf(() => pool.reserveMetadataSnapshot())).to.equal('EBUSY');
    pool.createThin(thinId(6));
    pool.commit();
    step(() => pool.releaseMetadataSnapshot());
    step(() => pool.reserveMetadataSnapshot());
    expect(status).to.deep.equal(recording.growth);
    expect(checkMetadata(device)).to.deep.equal([]);
  });
});

/** Makes the operations of a run as the kernel's pool target does: a commit after each message and before each status. */
class Run {
  readonly status: string[] = [];
  readonly #pool: PoolMetadata;
  readonly #open = new Map<number, ThinDevice>();

  constructor(pool: PoolMetadata) {
    this.#pool = pool;
  }

  make(operation: Operation): void {
    if (operation.kind === 'write') this.#write(operation.id, operation.blocks);
    else if (operation.kind === 'discard')
      this.#pool.removeRange(this.#thin(operation.id), operation.begin, operation.begin + operation.count);
    else if (operation.kind === 'deactivate') this.#close(operation.id);
    else if (operation.kind === 'status') this.#show();
    else {
      this.#message(operation);
      this.#pool.commit();
    }
  }

  end(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
    this.#show();
  }

  #message(operation: Operation): void {
    const pool = this.#pool;
    if (operation.kind === 'create') pool.createThin(thinId(operation.id));
    if (operation.kind === 'snapshot') pool.createSnapshot(thinId(operation.id), thinId(operation.origin));
    if (operation.kind === 'transaction')
      pool.setTransactionId(transactionId(operation.from), transactionId(operation.to));
    if (operation.kind === 'reserve') pool.reserveMetadataSnapshot();
    if (operation.kind === 'release') pool.releaseMetadataSnapshot();
    if (operation.kind !== 'delete') return;
    this.#close(operation.id);
    pool.deleteThin(thinId(operation.id));
  }

  #write(id: number, blocks: readonly number[]): void {
    const thin = this.#thin(id);
    for (const block of blocks) {
      const mapping = this.#pool.lookup(thin, block);
      if (mapping === undefined || mapping.isShared) this.#pool.insert(thin, block, this.#pool.allocateData());
    }
  }

  #show(): void {
    this.#pool.commit();
    this.status.push(statusOf(this.#pool));
    for (const [id, thin] of [...this.#open].sort(([a], [b]) => a - b)) {
      const highest = this.#pool.highestMappedBlock(thin);
      const end = highest === undefined ? '-' : (highest + 1) * BLOCK_SECTORS - 1;
      this.status.push(`T ${id} ${thin.mappedBlocks * BLOCK_SECTORS} ${end}`);
    }
  }

  #thin(id: number): ThinDevice {
    const thin = this.#open.get(id) ?? this.#pool.openThin(id as ThinId);
    this.#open.set(id, thin);
    return thin;
  }

  #close(id: number): void {
    const thin = this.#open.get(id);
    if (thin !== undefined) this.#pool.closeThin(thin);
    this.#open.delete(id);
  }
}

function statusOf(pool: PoolMetadata): string {
  const metadata = `${pool.metadataBlocks - pool.freeMetadataBlocks}/${pool.metadataBlocks}`;
  const data = `${pool.dataBlocks - pool.freeDataBlocks}/${pool.dataBlocks}`;
  return `${pool.transactionId} ${metadata} ${data}`;
}
