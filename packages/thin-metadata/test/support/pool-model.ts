import { type ThinId, transactionId } from '@dmthin/domain';
import { type MetadataDevice, openPoolMetadata, type PoolMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';

/** A thin device as the model has it: thin block to data block. */
type Blocks = ReadonlyMap<number, number>;

interface State {
  readonly thins: ReadonlyMap<ThinId, Blocks>;
  readonly held: ReadonlyMap<ThinId, Blocks> | undefined;
  readonly transaction: bigint;
}

/** A pool and what it should hold: every change is made to both, and `compare` asks for every mapping. */
export class PoolModel {
  readonly #device: MetadataDevice;
  #pool: PoolMetadata;
  #now: State = { thins: new Map(), held: undefined, transaction: 0n };
  #committed: State;

  constructor(device: MetadataDevice, dataBlocks: number) {
    this.#device = device;
    this.#pool = openPoolMetadata(device, { dataBlockSize: 128, format: true });
    this.#pool.growData(dataBlocks);
    this.#pool.commit();
    this.#committed = this.#now;
  }

  get pool(): PoolMetadata {
    return this.#pool;
  }

  get ids(): readonly ThinId[] {
    return [...this.#now.thins.keys()];
  }

  create(id: ThinId): void {
    if (this.#now.thins.has(id)) return;
    this.#pool.createThin(id);
    this.#set(id, new Map());
  }

  snapshot(id: ThinId, origin: ThinId): void {
    const blocks = this.#now.thins.get(origin);
    if (blocks === undefined || this.#now.thins.has(id)) return;
    this.#pool.createSnapshot(id, origin);
    this.#set(id, blocks);
  }

  remove(id: ThinId): void {
    if (!this.#now.thins.has(id)) return;
    this.#pool.deleteThin(id);
    const thins = new Map(this.#now.thins);
    thins.delete(id);
    this.#now = { ...this.#now, thins };
  }

  write(id: ThinId, begin: number, count: number, step: number): void {
    const blocks = new Map(this.#now.thins.get(id));
    if (!this.#now.thins.has(id)) return;
    const thin = this.#pool.openThin(id);
    for (let i = 0; i < count; i++) {
      const block = begin + i * step;
      const mapping = this.#pool.lookup(thin, block);
      if (mapping !== undefined && !mapping.isShared) continue;
      const dataBlock = this.#pool.allocateData();
      this.#pool.insert(thin, block, dataBlock);
      blocks.set(block, dataBlock);
    }
    this.#pool.closeThin(thin);
    this.#set(id, blocks);
  }

  discard(id: ThinId, begin: number, count: number): void {
    const blocks = this.#now.thins.get(id);
    if (blocks === undefined) return;
    const thin = this.#pool.openThin(id);
    this.#pool.removeRange(thin, begin, begin + count);
    this.#pool.closeThin(thin);
    this.#set(id, new Map([...blocks].filter(([block]) => block < begin || block >= begin + count)));
  }

  toggleHeld(): void {
    if (this.#now.held === undefined) {
      this.#pool.reserveMetadataSnapshot();
      this.#committed = this.#now;
      this.#now = { ...this.#now, held: this.#now.thins };
    } else {
      this.#pool.releaseMetadataSnapshot();
      this.#now = { ...this.#now, held: undefined };
    }
  }

  nextTransaction(): void {
    const { transaction } = this.#now;
    this.#pool.setTransactionId(transactionId(transaction), transactionId(transaction + 1n));
    this.#now = { ...this.#now, transaction: transaction + 1n };
  }

  commit(): void {
    this.#pool.commit();
    this.#committed = this.#now;
  }

  /** Goes back to the last commit, by an abort and a new start, as after a crash. */
  crash(): void {
    this.#pool.abort();
    this.#pool = openPoolMetadata(this.#device, { dataBlockSize: 128, format: false });
    this.#now = this.#committed;
  }

  abort(): void {
    this.#pool.abort();
    // The time and the transaction id of the lost transaction go on, as in the kernel.
    const transaction = this.#pool.transactionId;
    // Devices show the counts of what was lost until something changes again.
    this.#pool.setTransactionId(transaction, transaction);
    this.#now = { ...this.#committed, transaction };
  }

  /** Asks the live pool, and the device if it is up to date, for all that the model knows. */
  compare(): void {
    const { pool } = this;
    expect(pool.thinIds()).to.deep.equal([...this.#now.thins.keys()].sort((a, b) => a - b));
    const used = new Set<number>();
    for (const [id, blocks] of this.#now.thins) {
      const thin = pool.openThin(id);
      expect(thin.mappedBlocks).to.equal(blocks.size);
      for (const [block, dataBlock] of blocks) {
        expect(pool.lookup(thin, block)?.dataBlock, `thin ${id}, block ${block}`).to.equal(dataBlock);
        used.add(dataBlock);
      }
      expect(pool.highestMappedBlock(thin)).to.equal(blocks.size === 0 ? undefined : Math.max(...blocks.keys()));
      pool.closeThin(thin);
    }
    for (const blocks of this.#now.held?.values() ?? []) for (const dataBlock of blocks.values()) used.add(dataBlock);
    expect(pool.dataBlocks - pool.freeDataBlocks).to.equal(used.size);
  }

  /** Reads the device, which has to be committed, through a reader of its own. */
  compareCommitted(): void {
    expect(contentOf(this.#device, false)).to.deep.equal(sorted(this.#now.thins));
    if (this.#now.held !== undefined) expect(contentOf(this.#device, true)).to.deep.equal(sorted(this.#now.held));
  }

  #set(id: ThinId, blocks: Blocks): void {
    this.#now = { ...this.#now, thins: new Map(this.#now.thins).set(id, blocks) };
  }
}

function contentOf(device: MetadataDevice, held: boolean): unknown {
  const reader = readPool(device, { held });
  return [...reader.thinDevices()].map(({ id }) => [
    id,
    [...reader.mappings(id)].map(({ block, dataBlock }) => [block, dataBlock]),
  ]);
}

function sorted(thins: ReadonlyMap<ThinId, Blocks>): unknown {
  return [...thins].sort(([a], [b]) => a - b).map(([id, blocks]) => [id, [...blocks].sort(([a], [b]) => a - b)]);
}
