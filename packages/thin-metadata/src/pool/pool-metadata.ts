import { type ThinId, type TransactionId, transactionId } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import type { DeviceDetails } from '../format/device-details.ts';
import { decodeSuperblock, NEEDS_CHECK_FLAG, type SuperblockChange, updateSuperblock } from '../format/superblock.ts';
import { MAX_METADATA_BLOCKS } from '../space-map/metadata-space-map.ts';
import { type CommittedPool, formatPool, isUnformatted, loadPool } from './committed-pool.ts';
import { dropHeldCopy, holdCopy, type KernelRelease, takeAndReturnCopy } from './held-copy.ts';
import { type MappedRange, type Mapping, mappedRange, mappingAt } from './mapped-range.ts';
import {
  alreadyHeld,
  cannotShrink,
  devicesAreOpen,
  idTaken,
  noSuchThin,
  nothingHeld,
  refused,
  thinIsOpen,
  transactionMoved,
  unformatted,
} from './pool-errors.ts';
import type { ThinDevice } from './thin-device.ts';
import { ThinRecords } from './thin-records.ts';

/** At most 16 MiB are kept for commits (__set_metadata_reserve), in metadata blocks. */
const RESERVE_LIMIT = 4096;

export interface OpenPoolOptions {
  /** In sectors. */
  readonly dataBlockSize: number;
  /** Whether to make new metadata where block 0 is all zeros. */
  readonly format: boolean;
  /** Which kernel to be like where they differ; 6.1.192 without it. */
  readonly kernel?: KernelRelease | undefined;
}

/**
 * Opens the metadata of a pool, or makes it where the device holds none.
 * @throws DmError IO (EIO): less than one block, or not to be read. NO_SPACE (ENOSPC), INVALID_ARGUMENT (EINVAL): too
 * small to format (3.1), other data block size, unknown features. NOT_PERMITTED (EPERM): not formatted, and not to be.
 * CORRUPT (ENOTBLK, EILSEQ): block 0 is not a sound superblock.
 */
export function openPoolMetadata(device: MetadataDevice, options: OpenPoolOptions): PoolMetadata {
  return PoolMetadata.open(device, options);
}

/**
 * A pool's metadata, and one transaction on it: what drivers/md/dm-thin-metadata.h offers. Changes are in memory until
 * `commit`. One that throws may be half done: `abort` goes back to the last commit. Nothing here waits.
 *
 * Thin and data blocks are counted in the pool's data blocks, metadata blocks are 4096 bytes; all are plain numbers, as
 * they are looked up millions of times.
 */
export class PoolMetadata {
  readonly #device: MetadataDevice;
  readonly #dataBlockSize: number;
  readonly #kernel: KernelRelease;
  readonly #thins = new ThinRecords();
  #pool: CommittedPool;
  #time = 0;
  #transactionId = 0n;
  #flags = 0;
  #heldRoot = 0;
  #metadataReserve = 0;
  /** Commits do nothing before the first change, so that a pool that is only looked at is not written (3.9). */
  #isInService = false;
  #isReadOnly = false;
  #hasFailed = false;

  private constructor(device: MetadataDevice, options: OpenPoolOptions, pool: CommittedPool) {
    this.#device = device;
    this.#dataBlockSize = options.dataBlockSize;
    this.#kernel = options.kernel ?? '6.1.192';
    this.#pool = pool;
  }

  static open(device: MetadataDevice, options: OpenPoolOptions): PoolMetadata {
    const isNew = isUnformatted(device);
    if (isNew && !options.format) throw unformatted();
    const pool = isNew ? formatPool(device, options.dataBlockSize) : loadPool(device, options.dataBlockSize);
    const metadata = new PoolMetadata(device, options, pool);
    if (isNew) metadata.#write();
    const superblock = decodeSuperblock(pool.superblock);
    metadata.#time = superblock.time;
    metadata.#transactionId = superblock.transactionId;
    metadata.#flags = superblock.flags;
    metadata.#heldRoot = superblock.heldRoot;
    metadata.#setReserve();
    return metadata;
  }

  /** In sectors. */
  get dataBlockSize(): number {
    return this.#dataBlockSize;
  }

  /** Goes up by one with each snapshot. */
  get time(): number {
    return this.#time;
  }

  get transactionId(): TransactionId {
    return transactionId(this.#transactionId);
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): the stored id is not `current`. */
  setTransactionId(current: TransactionId, next: TransactionId): void {
    this.#demandWritable();
    if (current !== this.#transactionId) throw transactionMoved(current, this.#transactionId);
    this.#transactionId = next;
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_SPACE (ENOSPC). */
  createThin(id: ThinId): void {
    this.#demandWritable();
    this.#demandNew(id);
    this.#pool.mappings.add(id);
    this.#thins.create(id, this.#newDetails(0));
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_DATA (ENODATA): no such origin, NO_SPACE (ENOSPC). */
  createSnapshot(id: ThinId, origin: ThinId): void {
    this.#demandWritable();
    this.#demandNew(id);
    const root = this.#pool.mappings.rootOf(origin);
    if (root === undefined) throw noSuchThin(origin, 'create_snap');
    this.#pool.mappings.share(id, root);
    this.#time++;
    this.#thins.create(id, this.#newDetails(0));
    const record = this.#thins.obtain(origin, this.#pool.details);
    this.#thins.refresh(record, this.#pool.details);
    record.snapshottedTime = this.#time;
    this.#thins.markChanged(record);
    this.#thins.obtain(id, this.#pool.details).mappedBlocks = record.mappedBlocks;
  }

  /** @throws DmError NO_DATA (ENODATA), BUSY (EBUSY): it is open, NO_SPACE (ENOSPC). */
  deleteThin(id: ThinId): void {
    this.#demandWritable();
    const { mappings, details } = this.#pool;
    const record = this.#thins.obtain(id, details);
    if (record.openCount > 0) throw thinIsOpen(id);
    this.#thins.remove(record);
    // One made in this transaction is not in the details yet.
    if (details.lookup(id) !== undefined) details.remove(id);
    mappings.drop(id);
  }

  /** The details of a device, ahead of the last commit; undefined where the pool has no such device. */
  deviceDetails(id: ThinId): DeviceDetails | undefined {
    this.#demandAlive();
    return this.#thins.peek(id) ?? this.#pool.details.lookup(id);
  }

  /** Every thin id, lowest first, ahead of the last commit. */
  thinIds(): ThinId[] {
    this.#demandAlive();
    const ids = new Set<ThinId>();
    for (const [id] of this.#pool.details.entries()) ids.add(id as ThinId);
    for (const { id, isStale } of this.#thins.changed) if (!isStale) ids.add(id);
    return [...ids].sort((a, b) => a - b);
  }

  /** Opens a device; close it as often. @throws DmError NO_DATA (ENODATA). */
  openThin(id: ThinId): ThinDevice {
    this.#demandAlive();
    return this.#thins.open(id, this.#pool.details);
  }

  closeThin(thin: ThinDevice): void {
    this.#thins.close(thin);
  }

  /** Whether any device changed since the last commit. */
  get isChanged(): boolean {
    return this.#thins.changed.size > 0;
  }

  lookup(thin: ThinDevice, block: number): Mapping | undefined {
    this.#demandAlive();
    return mappingAt(this.#pool.mappings, thin, block);
  }

  /** The first run of mappings in `begin` to `end`. */
  findMappedRange(thin: ThinDevice, begin: number, end: number): MappedRange | undefined {
    this.#demandAlive();
    return mappedRange(this.#pool.mappings, thin, begin, end);
  }

  /** The highest block that is mapped. */
  highestMappedBlock(thin: ThinDevice): number | undefined {
    this.#demandAlive();
    return this.#pool.mappings.highestBlock(thin.id);
  }

  /**
   * Maps a block, stamped with the pool's time. The data block it was mapped to loses a reference; `dataBlock`, which
   * `allocateData` gave, brings its own. @throws DmError NO_SPACE (ENOSPC), CLOSED.
   */
  insert(thin: ThinDevice, block: number, dataBlock: number): void {
    this.#demandWritable();
    const record = this.#thins.forChange(thin, this.#pool.details);
    const isNew = this.#pool.mappings.insert(thin.id, block, dataBlock, this.#time);
    this.#thins.markChanged(record);
    if (isNew) record.mappedBlocks++;
  }

  /** Unmaps the blocks of `begin` to `end`. @throws DmError NO_SPACE (ENOSPC), CLOSED. */
  removeRange(thin: ThinDevice, begin: number, end: number): void {
    this.#demandWritable();
    const record = this.#thins.forChange(thin, this.#pool.details);
    const removed = this.#pool.mappings.removeRange(thin.id, begin, end);
    if (removed === undefined) throw noSuchThin(thin.id, 'discard');
    record.mappedBlocks -= removed;
    this.#thins.markChanged(record);
  }

  /** Takes a data block: the next free one that the last commit does not refer to. @throws DmError NO_SPACE (ENOSPC). */
  allocateData(): number {
    this.#demandWritable();
    return this.#pool.data.allocate();
  }

  /** Keeps the data blocks `begin` to `end` from being reused, by one reference more each. */
  incrementData(begin: number, end: number): void {
    this.#demandWritable();
    this.#pool.data.increment(begin, end);
  }

  /** Undoes `incrementData`. */
  decrementData(begin: number, end: number): void {
    this.#demandWritable();
    this.#pool.data.decrement(begin, end);
  }

  /** How many leaf entries, in distinct leaves, refer to a data block. */
  dataReferences(block: number): number {
    this.#demandAlive();
    return this.#pool.data.count(block);
  }

  /** As of the last commit. */
  get dataBlocks(): number {
    return this.#pool.data.blocks;
  }

  /** Blocks freed since the last commit count, though they are taken again only after the next. */
  get freeDataBlocks(): number {
    return this.#pool.data.free;
  }

  get metadataBlocks(): number {
    return this.#pool.metadata.blocks;
  }

  /** What the status line shows as free: less the reserve for commits, at least 0. */
  get freeMetadataBlocks(): number {
    return Math.max(0, this.#pool.metadata.free - this.#metadataReserve);
  }

  /** Free at the last commit, less what was taken since. */
  get rawFreeMetadataBlocks(): number {
    return this.#pool.metadata.free;
  }

  /** Calls `listener` in the middle of the operation in which free metadata, without reserve, falls to `mark` or below. */
  onMetadataLow(mark: number, listener: () => void): void {
    this.#pool.metadata.lowWater.listen(mark, listener);
  }

  /** Uses a data device that grew to `blocks`. @throws DmError INVALID_ARGUMENT (EINVAL): smaller. NO_SPACE (ENOSPC). */
  growData(blocks: number): void {
    this.#demandWritable();
    const { data } = this.#pool;
    if (blocks < data.blocks) throw cannotShrink('data', data.blocks, blocks);
    if (blocks > data.blocks) data.extend(blocks - data.blocks);
  }

  /** Uses a metadata device that grew to `blocks`, as far as metadata can be used. @throws DmError INVALID_ARGUMENT (EINVAL): smaller. */
  growMetadata(blocks: number): void {
    this.#demandWritable();
    const { metadata } = this.#pool;
    const usable = Math.min(blocks, MAX_METADATA_BLOCKS);
    if (usable < metadata.blocks) throw cannotShrink('metadata', metadata.blocks, usable);
    if (usable > metadata.blocks) metadata.extend(usable - metadata.blocks);
    this.#setReserve();
  }

  /** Where the copy of the superblock lies that is held for user space, in metadata blocks. */
  get heldRoot(): number | undefined {
    return this.#heldRoot === 0 ? undefined : this.#heldRoot;
  }

  /** Commits, and holds what was committed for user space, from the next commit on. @throws DmError BUSY (EBUSY), NO_SPACE (ENOSPC). */
  reserveMetadataSnapshot(): void {
    this.#demandWritable();
    const isHeld = this.#heldRoot !== 0;
    if (isHeld && this.#kernel === '6.1.192') throw alreadyHeld(this.#heldRoot);
    this.commit();
    if (isHeld) {
      takeAndReturnCopy(this.#pool);
      throw alreadyHeld(this.#heldRoot);
    }
    this.#heldRoot = holdCopy(this.#pool);
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): none is held. NO_SPACE (ENOSPC). */
  releaseMetadataSnapshot(): void {
    this.#demandWritable();
    const heldRoot = this.#heldRoot;
    if (heldRoot === 0) throw nothingHeld();
    this.#heldRoot = 0;
    dropHeldCopy(this.#pool, heldRoot);
  }

  /** Whether the metadata has to be checked offline before the pool takes writes again. */
  get needsCheck(): boolean {
    return (this.#flags & NEEDS_CHECK_FLAG) !== 0;
  }

  /** Sets the flag, in the superblock of the last commit, at once. @throws DmError IO (EIO). */
  setNeedsCheck(): void {
    this.#demandWritable();
    this.#flags |= NEEDS_CHECK_FLAG;
    const { cache, superblock } = this.#pool;
    updateSuperblock(superblock, { ...decodeSuperblock(superblock), flags: this.#flags });
    cache.write(superblock);
    this.#device.flush();
  }

  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }

  /** From here on changes, commits included, are refused with READ_ONLY (EPERM), or allowed again. */
  setReadOnly(isReadOnly: boolean): void {
    this.#isReadOnly = isReadOnly;
  }

  /** Whether an abort could not read the last commit back; all else is then refused. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /**
   * Writes all changes; a crash leaves them either all or none. Two flushes, the superblock between them. Does nothing
   * before the first change to a pool that was opened. @throws DmError NO_SPACE (ENOSPC), IO (EIO): abort is next.
   */
  commit(): void {
    this.#demandAlive();
    if (!this.#isInService) return;
    if (this.#isReadOnly) throw refused('EPERM');
    this.#thins.writeTo(this.#pool.details);
    this.#write();
  }

  /**
   * Goes back to the last commit. As in the kernel, open devices go on showing the counts, and the pool the time and
   * transaction id, of the lost transaction; the counts are read anew when the device is next changed.
   * @throws DmError CORRUPT, IO: the last commit cannot be read back, and the pool has failed.
   */
  abort(): void {
    this.#demandAlive();
    this.#isInService = true;
    this.#thins.abort();
    try {
      this.#pool = loadPool(this.#device, this.#dataBlockSize);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    this.#heldRoot = decodeSuperblock(this.#pool.superblock).heldRoot;
    this.#setReserve();
  }

  /** Commits, where that is possible. @throws DmError BUSY (EBUSY): devices are open. */
  close(): void {
    if (this.#thins.hasOpen) throw devicesAreOpen();
    if (!this.#hasFailed && !this.#isReadOnly) this.commit();
  }

  #write(): void {
    const { cache, metadata, data, mappings, details, superblock } = this.#pool;
    data.commit();
    metadata.commit();
    cache.writeBack((block) => metadata.isReferenced(block));
    this.#device.flush();
    const change: SuperblockChange = {
      flags: this.#flags,
      time: this.#time,
      transactionId: this.#transactionId,
      heldRoot: this.#heldRoot,
      dataSpaceMap: data.root,
      metadataSpaceMap: metadata.root,
      mappingRoot: mappings.root,
      detailsRoot: details.root,
    };
    updateSuperblock(superblock, change);
    cache.write(superblock);
    this.#device.flush();
  }

  #newDetails(mappedBlocks: number): DeviceDetails {
    return {
      mappedBlocks,
      transactionId: this.#transactionId,
      creationTime: this.#time,
      snapshottedTime: this.#time,
    };
  }

  #setReserve(): void {
    this.#metadataReserve = Math.min(RESERVE_LIMIT, Math.floor(this.#pool.metadata.blocks / 10));
  }

  #demandNew(id: ThinId): void {
    if (this.#pool.details.lookup(id) !== undefined || this.#thins.peek(id) !== undefined) throw idTaken(id);
  }

  #demandAlive(): void {
    if (this.#hasFailed) throw refused('EINVAL');
  }

  #demandWritable(): void {
    this.#demandAlive();
    if (this.#isReadOnly) throw refused('EPERM');
    this.#isInService = true;
  }
}
