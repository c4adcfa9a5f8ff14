import type { Mapping, ThinDevice } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import type { DataBlocks } from './data-blocks.ts';
import type { Pool } from './pool.ts';
import { refusalOf } from './pool-fault.ts';
import { isReadOnly } from './pool-mode.ts';
import { discardBlocks } from './thin-discard.ts';

/** A device outside the pool whose content shows where a thin device has none (dm-kernel.md 4.4). */
export interface ExternalOrigin {
  readonly node: BlockNode;
  /** In bytes, as it was at the last resume. */
  size: number;
}

/**
 * The I/O of a thin device: a piece at a time, each within one data block. What the kernel's map function can do at
 * once is done at once; the rest is what its worker does, with the commit that may follow each of its passes.
 */
export class ThinIo {
  readonly #pool: Pool;
  readonly #thin: ThinDevice;
  readonly #data: DataBlocks;
  readonly #origin: ExternalOrigin | undefined;

  constructor(pool: Pool, thin: ThinDevice, data: DataBlocks, origin: ExternalOrigin | undefined) {
    this.#pool = pool;
    this.#thin = thin;
    this.#data = data;
    this.#origin = origin;
  }

  read(block: number, within: number, into: Uint8Array): void {
    this.#assertAlive();
    const mapping = this.#find(block);
    if (mapping !== undefined) this.#data.read(mapping.dataBlock, within, into);
    else if (this.#origin === undefined) into.fill(0);
    else this.#readOrigin(this.#origin, block * this.#data.blockSize + within, into);
    if (mapping === undefined || mapping.isShared) this.#pool.workerPass();
  }

  write(block: number, within: number, bytes: Uint8Array): void {
    this.#assertAlive();
    const mapping = this.#find(block);
    if (mapping !== undefined && !mapping.isShared) {
      this.#data.write(mapping.dataBlock, within, bytes);
      return;
    }
    try {
      this.#writeAllocating(block, within, bytes, mapping);
    } finally {
      this.#pool.workerPass();
    }
  }

  /** Unmaps the whole blocks between `begin` and `end`, in bytes. */
  discard(begin: number, end: number): void {
    this.#assertAlive();
    const size = this.#data.blockSize;
    try {
      if (!isReadOnly(this.#pool.mode))
        discardBlocks(this.#pool, this.#thin, this.#data, Math.ceil(begin / size), Math.floor(end / size));
    } finally {
      this.#pool.workerPass();
    }
  }

  /**
   * An empty flush is treated as a bio to block 0 of the device (dm-kernel.md 3.5, note 2); for a target that does not
   * begin at sector 0 its block number wraps, and so is never mapped.
   */
  flush(startsAtZero: boolean): void {
    this.#assertAlive();
    if (this.#pool.mode !== 'write' && (!startsAtZero || this.#find(0) === undefined)) this.#pool.waitForSpace();
    if (!this.#thin.isChanged) {
      this.#data.node.flush();
      this.#pool.workerPass();
      return;
    }
    if (this.#thin.hasLostChanges) throw new Refusal('EIO', 'changes of the thin device were rolled back');
    // The commit flushes the data device too.
    if (!this.#pool.commitByWorker()) throw new Refusal('EIO', 'the pool cannot commit');
  }

  #writeAllocating(block: number, within: number, bytes: Uint8Array, first: Mapping | undefined): void {
    for (let mapping = first; ; mapping = this.#find(block)) {
      if (mapping !== undefined && !mapping.isShared) {
        this.#data.write(mapping.dataBlock, within, bytes);
        return;
      }
      if (this.#pool.mode !== 'write') {
        this.#pool.waitForSpace();
        continue;
      }
      const place = this.#allocate();
      if (place === undefined) continue;
      this.#fill(place, block, within, bytes, mapping);
      return;
    }
  }

  /** A block; undefined where the pool was full, and has space again after a wait. */
  #allocate(): number | undefined {
    try {
      return this.#pool.allocate();
    } catch (failure) {
      if (!(failure instanceof Refusal) || failure.errno !== 'ENOSPC' || this.#pool.mode !== 'out-of-data-space')
        throw failure;
      this.#pool.waitForSpace();
      return undefined;
    }
  }

  /** Puts what the block held into its new place, then maps it, then writes. */
  #fill(place: number, block: number, within: number, bytes: Uint8Array, shared: Mapping | undefined): void {
    const isWhole = bytes.length === this.#data.blockSize;
    try {
      if (isWhole) this.#data.write(place, 0, bytes);
      else if (shared !== undefined) this.#data.copy(shared.dataBlock, place);
      else this.#prepare(place, block);
    } catch (failure) {
      throw new Refusal(this.#pool.ioErrno, `block ${block} could not be prepared: ${refusalOf(failure).message}`);
    }
    // A commit on the way here may have found the metadata full: nothing is mapped any more then.
    if (this.#pool.mode !== 'write' && this.#pool.mode !== 'out-of-data-space')
      throw new Refusal(this.#pool.ioErrno, `the pool became ${this.#pool.mode}`);
    this.#pool.change(() => this.#pool.metadata.insert(this.#thin, block, place));
    if (!isWhole) this.#data.write(place, within, bytes);
  }

  /** A new block: the origin's bytes as far as it has any, zeros behind them unless the pool skips zeroing. */
  #prepare(place: number, block: number): void {
    const size = this.#data.blockSize;
    const zeroes = this.#pool.features.zeroesNewBlocks;
    const room = this.#origin === undefined ? 0 : Math.min(size, this.#origin.size - block * size);
    if (this.#origin === undefined || room <= 0) {
      if (zeroes) this.#data.zero(place);
      return;
    }
    this.#data.copyFrom(this.#origin.node, block * size, room, place);
    if (room < size && zeroes) this.#data.zero(place, room);
  }

  /** Only a writable pool stops at the origin's end; in the other modes reads beyond it fail (dm-kernel.md 3.5, note 1). */
  #readOrigin(origin: ExternalOrigin, offset: number, into: Uint8Array): void {
    const end = this.#pool.mode === 'write' ? origin.size : Number.POSITIVE_INFINITY;
    const room = Math.max(0, Math.min(into.length, end - offset));
    if (room > 0) origin.node.read(offset, into.subarray(0, room));
    into.fill(0, room);
  }

  #find(block: number): Mapping | undefined {
    try {
      return this.#pool.metadata.lookup(this.#thin, block);
    } catch (failure) {
      throw new Refusal('EIO', `block ${block} cannot be looked up: ${refusalOf(failure).message}`);
    }
  }

  #assertAlive(): void {
    this.#pool.assertFlows();
    if (this.#pool.mode === 'fail') throw new Refusal('EIO', 'the pool failed');
  }
}
