import type { MetadataDevice } from '../device/metadata-device.ts';
import { decodeSuperblock, NEEDS_CHECK_FLAG, updateSuperblock } from '../format/superblock.ts';
import { type CommittedPool, formatPool, isUnformatted, loadPool } from './committed-pool.ts';
import { refused, unformatted } from './pool-errors.ts';
import { ThinRecords } from './thin-records.ts';

/** At most 16 MiB are kept for commits (__set_metadata_reserve), in metadata blocks. */
const RESERVE_LIMIT = 4096;

/** The transaction on a pool's metadata: what it stands on, what it changed in core, and how it ends. */
export class PoolTransaction {
  readonly dataBlockSize: number;
  readonly thins: ThinRecords = new ThinRecords();
  time: number;
  id: bigint;
  heldRoot: number;
  isReadOnly = false;
  readonly #device: MetadataDevice;
  #pool: CommittedPool;
  #flags: number;
  #reserve = 0;
  /** Commits do nothing before the first change, so that a pool that is only looked at is not written (3.9). */
  #isInService = false;
  #hasFailed = false;
  #isSuperblockDirty = false;

  private constructor(device: MetadataDevice, dataBlockSize: number, pool: CommittedPool) {
    const superblock = decodeSuperblock(pool.superblock);
    this.#device = device;
    this.dataBlockSize = dataBlockSize;
    this.#pool = pool;
    this.time = superblock.time;
    this.id = superblock.transactionId;
    this.heldRoot = superblock.heldRoot;
    this.#flags = superblock.flags;
    this.setReserve();
  }

  static open(device: MetadataDevice, dataBlockSize: number): PoolTransaction {
    return new PoolTransaction(device, dataBlockSize, loadPool(device, dataBlockSize));
  }

  static openOrFormat(device: MetadataDevice, dataBlockSize: number, format: boolean): PoolTransaction {
    if (!isUnformatted(device)) return PoolTransaction.open(device, dataBlockSize);
    if (!format) throw unformatted();
    const transaction = new PoolTransaction(device, dataBlockSize, formatPool(device, dataBlockSize));
    transaction.#write();
    return transaction;
  }

  /** To be looked at. @throws DmError READ_ONLY (EINVAL): the pool has failed. */
  get pool(): CommittedPool {
    if (this.#hasFailed) throw refused('EINVAL');
    return this.#pool;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get needsCheck(): boolean {
    return (this.#flags & NEEDS_CHECK_FLAG) !== 0;
  }

  /** Metadata blocks kept for commits. */
  get reserve(): number {
    return this.#reserve;
  }

  /**
   * To be changed in core only, which a pool that takes no changes allows too; a change that needs `bitmaps` does not.
   * @throws DmError READ_ONLY (EPERM, EINVAL).
   */
  resize(bitmaps: number): CommittedPool {
    if (bitmaps > 0) return this.change();
    this.#isInService = true;
    return this.pool;
  }

  /** To be changed: puts the pool in service. @throws DmError READ_ONLY (EPERM, EINVAL): it takes no changes. */
  change(): CommittedPool {
    const { pool } = this;
    if (this.isReadOnly) throw refused('EPERM');
    this.#isInService = true;
    this.thins.forgetLost();
    return pool;
  }

  commit(): void {
    const { details } = this.pool;
    if (!this.#isInService) return;
    if (this.isReadOnly) throw refused('EPERM');
    this.thins.writeTo(details);
    this.#write();
  }

  abort(): void {
    if (this.#hasFailed) throw refused('EINVAL');
    this.#isInService = true;
    this.thins.abort();
    try {
      this.#pool = loadPool(this.#device, this.dataBlockSize);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    this.heldRoot = decodeSuperblock(this.#pool.superblock).heldRoot;
    this.setReserve();
  }

  /** Writes where user space's copy lies into the superblock of the last commit. */
  keepHeldRoot(): void {
    const { cache, superblock } = this.pool;
    const stored = decodeSuperblock(superblock);
    if (stored.heldRoot === this.heldRoot) return;
    updateSuperblock(superblock, { ...stored, heldRoot: this.heldRoot });
    cache.write(superblock);
  }

  /** Sets the flag in the cached superblock of the last commit (dm_pool_metadata_set_needs_check). */
  setNeedsCheck(): void {
    const { superblock } = this.pool;
    if (this.isReadOnly) throw refused('EPERM');
    this.#flags |= NEEDS_CHECK_FLAG;
    updateSuperblock(superblock, { ...decodeSuperblock(superblock), flags: this.#flags });
    this.#isSuperblockDirty = true;
  }

  /** Writes what only the cache holds, as the kernel does when it lets go of the device. @throws DmError IO (EIO). */
  writeCachedSuperblock(): void {
    if (!this.#isSuperblockDirty) return;
    this.#pool.cache.write(this.#pool.superblock);
    this.#isSuperblockDirty = false;
  }

  setReserve(): void {
    this.#reserve = Math.min(RESERVE_LIMIT, Math.floor(this.#pool.metadata.blocks / 10));
  }

  #write(): void {
    const { cache, metadata, data, mappings, details, superblock } = this.#pool;
    data.commit();
    metadata.commit();
    cache.writeBack((block) => metadata.isReferenced(block));
    // The superblock must not reach the device before what it points to.
    this.#device.flush();
    updateSuperblock(superblock, {
      flags: this.#flags,
      time: this.time,
      transactionId: this.id,
      heldRoot: this.heldRoot,
      dataSpaceMap: data.root,
      metadataSpaceMap: metadata.root,
      mappingRoot: mappings.root,
      detailsRoot: details.root,
    });
    cache.write(superblock);
    this.#device.flush();
    this.#isSuperblockDirty = false;
  }
}
