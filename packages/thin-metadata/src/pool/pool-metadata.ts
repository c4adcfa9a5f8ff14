import { type ThinId, type TransactionId, transactionId } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { COUNTS_PER_BITMAP } from '../format/bitmap.ts';
import type { DeviceDetails } from '../format/device-details.ts';
import { MAX_METADATA_BLOCKS } from '../space-map/metadata-space-map.ts';
import { dropHeldCopy, holdCopy, type KernelRelease, takeAndReturnCopy } from './held-copy.ts';
import { type MappedRange, type Mapping, mappedRange, mappingAt } from './mapped-range.ts';
import {
  alreadyHeld,
  cannotShrink,
  devicesAreOpen,
  idTaken,
  noSuchThin,
  nothingHeld,
  thinIsOpen,
  transactionMoved,
} from './pool-errors.ts';
import { PoolTransaction } from './pool-transaction.ts';
import type { ThinDevice } from './thin-device.ts';
import type { ThinRecords } from './thin-records.ts';

export interface OpenPoolOptions {
  /** In sectors. */
  readonly dataBlockSize: number;
  /** Whether to make new metadata where block 0 is all zeros. */
  readonly format: boolean;
  /** Which kernel to be like where they differ; 6.1.192 without it. */
  readonly kernel?: KernelRelease | undefined;
}

/**
 * A pool's metadata, and one transaction on it: what drivers/md/dm-thin-metadata.h offers. Changes are in memory until
 * `commit`. One that throws may be half done: `abort` goes back to the last commit. Nothing here waits.
 *
 * Thin and data blocks are counted in the pool's data blocks, metadata blocks are 4096 bytes; all are plain numbers, as
 * they are looked up millions of times.
 */
export class PoolMetadata {
  readonly #kernel: KernelRelease;
  readonly #transaction: PoolTransaction;

  private constructor(transaction: PoolTransaction, kernel: KernelRelease) {
    this.#transaction = transaction;
    this.#kernel = kernel;
  }

  static open(device: MetadataDevice, options: OpenPoolOptions): PoolMetadata {
    const transaction = PoolTransaction.openOrFormat(device, options.dataBlockSize, options.format);
    return new PoolMetadata(transaction, options.kernel ?? '6.1.192');
  }

  /** In sectors. */
  get dataBlockSize(): number {
    return this.#transaction.dataBlockSize;
  }

  /** Goes up by one with each snapshot. */
  get time(): number {
    return this.#transaction.time;
  }

  get transactionId(): TransactionId {
    return transactionId(this.#transaction.id);
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): the stored id is not `current`. */
  setTransactionId(current: TransactionId, next: TransactionId): void {
    this.#transaction.change();
    if (current !== this.#transaction.id) throw transactionMoved(current, this.#transaction.id);
    this.#transaction.id = next;
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_SPACE (ENOSPC). */
  createThin(id: ThinId): void {
    const { mappings } = this.#transaction.change();
    this.#demandNew(id);
    mappings.add(id);
    this.#thins.create(id, this.#newDetails());
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_DATA (ENODATA): no such origin, NO_SPACE (ENOSPC). */
  createSnapshot(id: ThinId, origin: ThinId): void {
    const { mappings, details } = this.#transaction.change();
    this.#demandNew(id);
    const root = mappings.rootOf(origin);
    if (root === undefined) throw noSuchThin(origin, 'create_snap');
    mappings.share(id, root);
    this.#transaction.time++;
    const snapshot = this.#thins.create(id, this.#newDetails());
    const record = this.#thins.obtain(origin, details);
    this.#thins.refresh(record, details);
    this.#thins.markChanged(record);
    record.snapshottedTime = this.#transaction.time;
    snapshot.mappedBlocks = record.mappedBlocks;
  }

  /** @throws DmError NO_DATA (ENODATA), BUSY (EBUSY): it is open, NO_SPACE (ENOSPC). */
  deleteThin(id: ThinId): void {
    const { mappings, details } = this.#transaction.change();
    const record = this.#thins.obtain(id, details);
    if (record.openCount > 0) throw thinIsOpen(id);
    this.#thins.remove(record);
    // One made in this transaction is not in the details yet.
    if (details.lookup(id) !== undefined) details.remove(id);
    mappings.drop(id);
  }

  /** The details of a device, ahead of the last commit; undefined where the pool has no such device. */
  deviceDetails(id: ThinId): DeviceDetails | undefined {
    const record = this.#thins.peek(id);
    const isLost = record?.isStale === true && record.openCount === 0;
    return record === undefined || isLost ? this.#transaction.pool.details.lookup(id) : record;
  }

  /** Every thin id, lowest first, ahead of the last commit. */
  thinIds(): ThinId[] {
    const ids = new Set<ThinId>();
    for (const [id] of this.#transaction.pool.details.entries()) ids.add(id as ThinId);
    for (const { id, isStale } of this.#thins.changed) if (!isStale) ids.add(id);
    return [...ids].sort((a, b) => a - b);
  }

  /** Opens a device; close it as often. @throws DmError NO_DATA (ENODATA). */
  openThin(id: ThinId): ThinDevice {
    return this.#thins.open(id, this.#transaction.pool.details);
  }

  closeThin(thin: ThinDevice): void {
    this.#thins.close(thin);
  }

  /** Whether any device changed since the last commit. */
  get isChanged(): boolean {
    return this.#thins.changed.size > 0;
  }

  lookup(thin: ThinDevice, block: number): Mapping | undefined {
    return mappingAt(this.#transaction.pool.mappings, thin, block);
  }

  /** The first run of mappings in `begin` to `end`. */
  findMappedRange(thin: ThinDevice, begin: number, end: number): MappedRange | undefined {
    return mappedRange(this.#transaction.pool.mappings, thin, begin, end);
  }

  /** The highest block that is mapped. @throws DmError NO_DATA (ENODATA): an abort took the device's mappings along. */
  highestMappedBlock(thin: ThinDevice): number | undefined {
    const { mappings } = this.#transaction.pool;
    if (mappings.rootOf(thin.id) === undefined) throw noSuchThin(thin.id, 'status');
    return mappings.highestBlock(thin.id);
  }

  /**
   * Maps a block, stamped with the pool's time. The data block it was mapped to loses a reference; `dataBlock`, which
   * `allocateData` gave, brings its own. @throws DmError NO_SPACE (ENOSPC), CLOSED.
   */
  insert(thin: ThinDevice, block: number, dataBlock: number): void {
    const { mappings, details } = this.#transaction.change();
    const record = this.#thins.forChange(thin, details);
    const isNew = mappings.insert(thin.id, block, dataBlock, this.#transaction.time);
    this.#thins.markChanged(record);
    if (isNew) record.mappedBlocks++;
  }

  /** Unmaps the blocks of `begin` to `end`. @throws DmError NO_SPACE (ENOSPC), CLOSED. */
  removeRange(thin: ThinDevice, begin: number, end: number): void {
    const { mappings, details } = this.#transaction.change();
    const record = this.#thins.forChange(thin, details);
    const removed = mappings.removeRange(thin.id, begin, end);
    if (removed === undefined) throw noSuchThin(thin.id, 'discard');
    record.mappedBlocks -= removed;
    this.#thins.markChanged(record);
  }

  /** Takes a data block: the next free one that the last commit does not refer to. @throws DmError NO_SPACE (ENOSPC). */
  allocateData(): number {
    return this.#transaction.change().data.allocate();
  }

  /** Keeps the data blocks `begin` to `end` from being reused, by one reference more each. */
  incrementData(begin: number, end: number): void {
    this.#transaction.change().data.increment(begin, end);
  }

  /** Undoes `incrementData`. */
  decrementData(begin: number, end: number): void {
    this.#transaction.change().data.decrement(begin, end);
  }

  /** How many leaf entries, in distinct leaves, refer to a data block. */
  dataReferences(block: number): number {
    return this.#transaction.pool.data.count(block);
  }

  /** As of the last commit. */
  get dataBlocks(): number {
    return this.#transaction.pool.data.blocks;
  }

  /** Blocks freed since the last commit count, though they are taken again only after the next. */
  get freeDataBlocks(): number {
    return this.#transaction.pool.data.free;
  }

  get metadataBlocks(): number {
    return this.#transaction.pool.metadata.blocks;
  }

  /**
   * What the status line shows as free: less the reserve for commits, at least 0. Negative where the kernel's count
   * wraps around: after a block was taken, given back and taken again in one transaction, with none left.
   */
  get freeMetadataBlocks(): number {
    const free = this.rawFreeMetadataBlocks;
    const { reserve } = this.#transaction;
    return free < 0 ? free - reserve : Math.max(0, free - reserve);
  }

  /** Free at the last commit, less what was taken since. */
  get rawFreeMetadataBlocks(): number {
    return this.#transaction.pool.metadata.free;
  }

  /** Calls `listener` in the middle of the operation in which free metadata, without reserve, falls to `mark` or below. */
  onMetadataLow(mark: number, listener: () => void): void {
    this.#transaction.pool.metadata.lowWater.listen(mark, listener);
  }

  /** Uses a data device that grew to `blocks`. @throws DmError INVALID_ARGUMENT (EINVAL): smaller. NO_SPACE (ENOSPC). */
  growData(blocks: number): void {
    const known = this.dataBlocks;
    const { data } = this.#transaction.resize(bitmapsOf(blocks) - bitmapsOf(known));
    if (blocks < known) throw cannotShrink('data', known, blocks);
    if (blocks > known) data.extend(blocks - known);
  }

  /** Uses a metadata device that grew to `blocks`, as far as metadata can be used. @throws DmError INVALID_ARGUMENT (EINVAL): smaller. */
  growMetadata(blocks: number): void {
    const known = this.metadataBlocks;
    const usable = Math.min(blocks, MAX_METADATA_BLOCKS);
    const { metadata } = this.#transaction.resize(bitmapsOf(usable) - bitmapsOf(known));
    if (usable < known) throw cannotShrink('metadata', known, usable);
    if (usable > known) metadata.extend(usable - known);
    this.#transaction.setReserve();
  }

  /** Where the copy of the superblock lies that is held for user space, in metadata blocks. */
  get heldRoot(): number | undefined {
    return this.#transaction.heldRoot === 0 ? undefined : this.#transaction.heldRoot;
  }

  /**
   * Commits, and holds what was committed for user space, from the next commit on.
   * @throws DmError BUSY (EBUSY): some is held. NO_SPACE (ENOSPC).
   */
  reserveMetadataSnapshot(): void {
    const transaction = this.#transaction;
    const pool = transaction.change();
    const isHeld = transaction.heldRoot !== 0;
    if (isHeld && this.#kernel === '6.1.192') throw alreadyHeld(transaction.heldRoot);
    transaction.commit();
    if (isHeld) {
      takeAndReturnCopy(pool);
      throw alreadyHeld(transaction.heldRoot);
    }
    transaction.heldRoot = holdCopy(pool);
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): none is held. NO_SPACE (ENOSPC). */
  releaseMetadataSnapshot(): void {
    const pool = this.#transaction.change();
    const { heldRoot } = this.#transaction;
    if (heldRoot === 0) throw nothingHeld();
    this.#transaction.heldRoot = 0;
    dropHeldCopy(pool, heldRoot);
  }

  /** Whether the metadata has to be checked offline before the pool takes writes again. */
  get needsCheck(): boolean {
    return this.#transaction.needsCheck;
  }

  /** Sets the flag. It reaches the device with the next commit or the close, and a crash before loses it. */
  setNeedsCheck(): void {
    this.#transaction.setNeedsCheck();
  }

  get isReadOnly(): boolean {
    return this.#transaction.isReadOnly;
  }

  /** From here on changes, commits included, are refused with READ_ONLY (EPERM), or allowed again. */
  setReadOnly(isReadOnly: boolean): void {
    this.#transaction.isReadOnly = isReadOnly;
  }

  /** Whether an abort could not read the last commit back; all else is then refused. */
  get hasFailed(): boolean {
    return this.#transaction.hasFailed;
  }

  /**
   * Writes all changes; a crash leaves them either all or none. Two flushes, the superblock between them. Does nothing
   * before the first change to a pool that was opened. @throws DmError NO_SPACE (ENOSPC), IO (EIO): abort is next.
   */
  commit(): void {
    this.#transaction.commit();
  }

  /**
   * Goes back to the last commit. As in the kernel, open devices go on showing the counts, and the pool the time and
   * transaction id, of the lost transaction; the counts are read anew when the device is next changed.
   * @throws DmError CORRUPT, IO: the last commit cannot be read back, and the pool has failed.
   */
  abort(): void {
    // 6.1.176 changes the superblock in its cache at once, and an abort writes back what the cache holds (0.1).
    if (this.#kernel === '6.1.176') this.#transaction.keepHeldRoot();
    this.#transaction.abort();
  }

  /** Commits, where that is possible. @throws DmError BUSY (EBUSY): devices are open. IO (EIO). */
  close(): void {
    if (this.#thins.hasOpen) throw devicesAreOpen();
    if (!this.hasFailed && !this.isReadOnly) this.commit();
    this.#transaction.writeCachedSuperblock();
  }

  /** The devices that are open or changed. */
  get #thins(): ThinRecords {
    return this.#transaction.thins;
  }

  #newDetails(): DeviceDetails {
    const { id, time } = this.#transaction;
    return { mappedBlocks: 0, transactionId: id, creationTime: time, snapshottedTime: time };
  }

  #demandNew(id: ThinId): void {
    const { details } = this.#transaction.pool;
    if (details.lookup(id) !== undefined || this.#thins.peek(id) !== undefined) throw idTaken(id);
  }
}

function bitmapsOf(blocks: number): number {
  return Math.ceil(blocks / COUNTS_PER_BITMAP);
}
