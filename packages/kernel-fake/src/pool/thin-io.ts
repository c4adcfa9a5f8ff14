import type { Mapping, ThinDevice } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Failures } from '../errno/failures.ts';
import { Refusal } from '../errno/refusal.ts';
import type { DataBlocks } from './data-blocks.ts';
import type { Pool } from './pool.ts';
import { refusalOf } from './pool-fault.ts';
import { isReadOnly } from './pool-mode.ts';
import { discardBlocks } from './thin-discard.ts';

const PAGE_BYTES = 4096;

/** A device outside the pool whose content shows where a thin device has none (dm-kernel.md 4.4). */
export interface ExternalOrigin {
  readonly node: BlockNode;
  /** In bytes, as it was at the last resume. */
  size: number;
}

/** Bytes to be written within one block of a thin device. */
export interface Piece {
  readonly block: number;
  /** Where in the block, in bytes. */
  readonly within: number;
  readonly bytes: Uint8Array;
  /** Each page is an I/O of its own, so that none covers the block. */
  readonly inPages: boolean;
}

/** A piece whose block has its content, but is not mapped yet. */
interface Prepared {
  readonly piece: Piece;
  readonly place: number;
  readonly isWhole: boolean;
  readonly wasShared: boolean;
}

/** What its first page takes of it, and what the others take. */
function byFirstPage(piece: Piece): readonly [Piece, Piece?] {
  const { within, bytes } = piece;
  const size = PAGE_BYTES - (within % PAGE_BYTES);
  if (bytes.length <= size) return [piece];
  return [
    { ...piece, bytes: bytes.subarray(0, size) },
    { ...piece, within: within + size, bytes: bytes.subarray(size) },
  ];
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

  /**
   * Writes pieces, each within a block of its own. The worker takes all that need a block at once: it allocates for one
   * after another, and maps what it allocated only when that is zeroed or copied.
   * @throws Refusal the first piece's that failed; the others are written.
   */
  write(pieces: readonly Piece[]): void {
    const failures = new Failures();
    for (let rest = pieces; rest.length > 0; ) {
      const deferred = rest.filter((piece) => failures.of(() => this.#writeInPlace(piece)) === false);
      if (deferred.length === 0) break;
      const waiting = this.#allocateAndWrite(deferred, failures);
      this.#pool.workerPass();
      rest = waiting.filter(() => failures.of(() => this.#hasSpaceAgain()) === true);
    }
    failures.throwFirst();
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

  /** After a wait. @throws Refusal ENOSPC, EIO: there will be none. */
  #hasSpaceAgain(): true {
    this.#pool.waitForSpace();
    return true;
  }

  /** What the map function can do at once; false: the worker has to allocate. */
  #writeInPlace({ block, within, bytes, inPages }: Piece): boolean {
    this.#assertAlive();
    const mapping = this.#find(block);
    if (mapping === undefined || mapping.isShared) return false;
    this.#data.write(mapping.dataBlock, within, bytes, inPages);
    return true;
  }

  /**
   * A pass of the worker; returns what has to wait for space. Of pages for a block that is shared it takes one and puts
   * off the others (process_shared_bio): where the pass fills the pool, the next finds the copy under way, and no room.
   */
  #allocateAndWrite(pieces: readonly Piece[], failures: Failures): readonly Piece[] {
    const waiting: Piece[] = [];
    const prepared: Prepared[] = [];
    for (const piece of pieces)
      failures.of(() => {
        const place = this.#allocate();
        if (place === undefined) {
          waiting.push(piece);
          return;
        }
        const shared = this.#find(piece.block);
        // Without zeroing there is nothing to wait for.
        const isReady = shared === undefined && this.#origin === undefined && !this.#pool.features.zeroesNewBlocks;
        if (isReady) this.#map(piece, place, false);
        else
          prepared.push({
            piece,
            place,
            isWhole: this.#prepare(piece, place, shared),
            wasShared: shared !== undefined,
          });
      });
    const isFull = this.#pool.mode === 'out-of-data-space';
    for (const { piece, place, isWhole, wasShared } of prepared) {
      const [taken, putOff] = isFull && wasShared && piece.inPages ? byFirstPage(piece) : [piece];
      failures.of(() => this.#map(taken, place, isWhole));
      if (putOff !== undefined) waiting.push(putOff);
    }
    return waiting;
  }

  /** A block; undefined where the pool is full, and waits for space. @throws Refusal ENOSPC, EIO: it is, and does not. */
  #allocate(): number | undefined {
    const { mode, features } = this.#pool;
    if (mode === 'out-of-data-space' && !features.errorIfNoSpace) return undefined;
    if (mode !== 'write') this.#pool.waitForSpace();
    try {
      return this.#pool.allocate();
    } catch (failure) {
      const isFull =
        failure instanceof Refusal && failure.errno === 'ENOSPC' && this.#pool.mode === 'out-of-data-space';
      if (!isFull || this.#pool.features.errorIfNoSpace) throw failure;
      return undefined;
    }
  }

  /** Puts what the block held into its new place; true where one I/O covers all of it, and is written by that. */
  #prepare({ block, bytes, inPages }: Piece, place: number, shared: Mapping | undefined): boolean {
    const isWhole = !inPages && bytes.length === this.#data.blockSize;
    try {
      if (isWhole) this.#data.write(place, 0, bytes);
      else if (shared !== undefined) this.#data.copy(shared.dataBlock, place);
      else this.#initialize(place, block);
    } catch (failure) {
      throw new Refusal(this.#pool.ioErrno, `block ${block} could not be prepared: ${refusalOf(failure).message}`);
    }
    return isWhole;
  }

  #map({ block, within, bytes, inPages }: Piece, place: number, isWritten: boolean): void {
    // A commit on the way here may have found the metadata full: nothing is mapped any more then.
    if (this.#pool.mode !== 'write' && this.#pool.mode !== 'out-of-data-space')
      throw new Refusal(this.#pool.ioErrno, `the pool became ${this.#pool.mode}`);
    this.#pool.change(() => this.#pool.metadata.insert(this.#thin, block, place));
    if (!isWritten) this.#data.write(place, within, bytes, inPages);
  }

  /** A new block: the origin's bytes as far as it has any, zeros behind them unless the pool skips zeroing. */
  #initialize(place: number, block: number): void {
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
