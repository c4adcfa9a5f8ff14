import type { VolumeId } from '../name/volume-id.ts';
import type { ThinId } from '../thin/thin-id.ts';
import { nextTransactionId, type TransactionId } from './transaction-id.ts';

/**
 * A change that is about to be made: a volume is made with, or loses, a thin id. Docker: `metadata/transaction-metadata`.
 * It does not say which of the two, since both end alike where they are interrupted. It stays when the change is done.
 *
 * The order of a change, each step lasting before the next begins:
 *
 *     create   intent -> create_thin or create_snap -> volume's record -> set_transaction_id
 *     delete   intent -> discard -> delete -> record removed -> set_transaction_id
 *
 * What `recoveryOf` rests on:
 * - An intent on disk never names a thin id that the pool had when it was written. Ask the pool first (`presenceProbe`), and
 *   where create says EEXIST all the same, rewrite the intent with another id before anything else is done.
 * - A change that failed, or was refused (a delete met EBUSY), takes its intent back before that is told to anybody.
 * - No other change begins while the intent of one is unresolved.
 * - A change is done once the pool's status shows its transaction id: the kernel answers a message with success even where the
 *   commit after it failed, and then goes back to the last commit, read-only (dm-kernel.md 3.3).
 */
export interface Intent {
  /** The transaction id that the pool has once the change is done. */
  readonly transactionId: TransactionId;
  readonly volume: VolumeId;
  readonly thinId: ThinId;
}

/** The intent to change `volume` in a pool that now has this transaction id. */
export function openIntent(pool: TransactionId, volume: VolumeId, thinId: ThinId): Intent {
  return { transactionId: nextTransactionId(pool), volume, thinId };
}

/**
 * A message that tells whether a pool has a thin id, and changes nothing: a snapshot of itself fails with EEXIST where the id is
 * known, which is checked first, and with ENODATA where its origin, the same id, is not (dm-kernel.md 3.3). A message that
 * fails makes the pool commit nothing. Seen so on Linux 6.1. EOPNOTSUPP: the pool takes no messages, and cannot be asked.
 */
export function presenceProbe(thinId: ThinId): string {
  return `create_snap ${thinId} ${thinId}`;
}
