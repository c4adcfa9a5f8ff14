import type { Bytes, Intent, ThinId, ThinIdConflict, TransactionId, VolumeId } from '@dmthin/domain';

/** What is known of a volume beyond what the pool knows. Docker: `metadata/<hash>`. */
export interface VolumeRecord {
  readonly volume: VolumeId;
  readonly thinId: ThinId;
  /** The pool stores no size for a thin device; this is the only place. */
  readonly size: Bytes;
  /** The transaction that made it. */
  readonly transactionId: TransactionId;
  /** The base device: its filesystem was made. False for all others. */
  readonly isInitialized: boolean;
  /** To be deleted once nobody holds it open (deferred deletion). */
  readonly isDeleted: boolean;
}

/** What is known of the whole set. Docker: `metadata/deviceset-metadata`. */
export interface PoolRecord {
  /** The last thin id given out; the search for a free one goes on from here. */
  readonly lastThinId: number;
  /** The filesystem uuid of the base device; empty until it is made. */
  readonly baseUuid: string;
  /** `ext4`, `xfs`; empty until it is chosen. */
  readonly baseFilesystem: string;
}

/** Which devices this root belongs to, so that a wrong pool is noticed before it is touched (defect 34). */
export interface PoolIdentity {
  /** The pool's device-mapper name. */
  readonly poolName: string;
  /** Files or devices as given; undefined where the pool came from outside. */
  readonly dataDevice: string | undefined;
  readonly metadataDevice: string | undefined;
  readonly blockSize: Bytes;
}

/** A record that could not be read; it was set aside under another name, with all its bytes. */
export interface BrokenRecord {
  /** Its name: a volume's, `deviceset-metadata`, ... */
  readonly name: string;
  /** Where its bytes are now. */
  readonly setAsideAs: string;
  readonly reason: string;
}

export interface LoadedRecords {
  readonly volumes: readonly VolumeRecord[];
  readonly pool: PoolRecord | undefined;
  readonly intent: Intent | undefined;
  readonly identity: PoolIdentity | undefined;
  readonly broken: readonly BrokenRecord[];
  /** Files of saves that were cut off, by their paths; they are gone already. */
  readonly leftovers: readonly string[];
  /** These are in `volumes` too: nothing was set aside, since nobody here can tell which record is right. */
  readonly conflicts: readonly ThinIdConflict[];
}

/**
 * The records of one root. Opening them takes the root for this process (LOCKED, saying who holds it); `close` gives it
 * back.
 *
 * A save that resolved lasts, over a power cut too. One that was cut off left the old record or the new one, whole. One
 * that rejected left the old one; only IO leaves it open which of the two. Saves of one record are done in the order of
 * the calls. What replaces or removes a record needs no free space on the host (defect 33); a new intent neither.
 *
 * Rejections: INVALID_ARGUMENT (an id or number that no record may have; nothing was changed), NO_SPACE (ENOSPC,
 * EDQUOT), NOT_PERMITTED (EACCES, EPERM), READ_ONLY (EROFS), IO (EIO), CLOSED.
 */
export interface Records {
  /** Everything there is; one bad record never keeps the rest from being read. */
  load(): Promise<LoadedRecords>;
  saveVolume(record: VolumeRecord): Promise<void>;
  /** Succeeds where there is none. */
  removeVolume(volume: VolumeId): Promise<void>;
  savePool(record: PoolRecord): Promise<void>;
  saveIntent(intent: Intent): Promise<void>;
  /** Succeeds where there is none. */
  removeIntent(): Promise<void>;
  saveIdentity(identity: PoolIdentity): Promise<void>;
  /** Waits for the saves that have begun, then gives the root back. Closing twice is well. */
  close(): Promise<void>;
}
