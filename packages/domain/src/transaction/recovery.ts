import type { VolumeId } from '../name/volume-id.ts';
import type { ThinId } from '../thin/thin-id.ts';
import type { Intent } from './intent.ts';
import { nextTransactionId, type TransactionId } from './transaction-id.ts';

/** What is on disk and in the pool when a pool is opened. */
export interface RecoveryFacts {
  /** The pool's own transaction id, from its status. */
  readonly poolTransaction: TransactionId;
  /** `unreadable`: there is an intent, but its bytes are broken. */
  readonly intent: Intent | 'unreadable' | undefined;
  /** The record of the intent's volume, where there is one. */
  readonly record: RecordedChange | undefined;
  /** The thin ids that the records of all other volumes have. */
  readonly thinIdsOfOthers: { has(thinId: ThinId): boolean };
  /** Whether the pool has the intent's thin id; unknown where it cannot be asked. */
  readonly isThinPresent: boolean | 'unknown';
}

/** What a volume's record says of the change that made it. */
export interface RecordedChange {
  readonly thinId: ThinId;
  readonly transactionId: TransactionId;
}

/**
 * What to do about it. The steps run in their order, each lasting before the next; where one fails, those after it are not
 * done, so that nothing is forgotten that is still there, and the next opening decides again.
 */
export type Recovery =
  /** The last change was finished, or there was none. */
  | { readonly kind: 'nothing' }
  /** A volume was being made; it was not told to anybody, and goes. */
  | { readonly kind: 'roll-back'; readonly volume: VolumeId; readonly steps: readonly RecoveryStep[] }
  /** A volume was being deleted; its content may be gone already, so the rest of it goes too. */
  | { readonly kind: 'complete'; readonly volume: VolumeId; readonly steps: readonly RecoveryStep[] }
  /** What was found cannot come from one interrupted change. Nothing is touched; a person decides. */
  | { readonly kind: 'report'; readonly reason: RecoveryDoubt };

export type RecoveryStep =
  /**
   * Send `delete`; ENODATA is as good as success. Where the device is in use (EBUSY), save a record of the volume with this thin id
   * that is marked as deleted, go on with `remove-intent`, and leave the rest to whoever deletes such volumes.
   */
  | { readonly step: 'delete-thin'; readonly thinId: ThinId }
  /** Of the volume; from disk and from memory (defect 2). */
  | { readonly step: 'remove-record' }
  | { readonly step: 'free-id'; readonly thinId: ThinId }
  | { readonly step: 'remove-intent' };

export type RecoveryDoubt =
  /** The intent's bytes are broken: a thin id may be in the pool that no record has (defect 6). */
  | 'intent-unreadable'
  /** The pool went on without these records: they are from a backup, or somebody else changed the pool. */
  | 'intent-behind-pool'
  /** The pool went back, or it is another one: more than one change is missing. */
  | 'intent-ahead-of-pool'
  /** The volume's record is from a change that this pool never saw. */
  | 'record-ahead-of-intent'
  /** An old record and the intent name different thin ids. */
  | 'record-disagrees'
  /** Two volumes have one thin id. */
  | 'thin-id-shared';

/**
 * What an interrupted change leaves to be done: interrupted, a volume that was being made and one that was being deleted
 * both end as "does not exist" (docker-devicemapper.md 5), so the caller can ask for the same again.
 *
 * Kept, given the rules of `Intent`: a volume whose making was answered is never lost, one whose removal was answered
 * does not come back, no thin id stays in the pool without a record, and none that is another's is deleted.
 */
export function recoveryOf(facts: RecoveryFacts): Recovery {
  const { intent, poolTransaction: pool, record } = facts;
  if (intent === undefined) return { kind: 'nothing' };
  if (intent === 'unreadable') return report('intent-unreadable');
  if (intent.transactionId === pool) return { kind: 'nothing' };
  if (intent.transactionId < pool) return report('intent-behind-pool');
  // One change is open at a time, so an honest intent is ahead by one. Docker takes any that is ahead (defect 6).
  if (intent.transactionId !== nextTransactionId(pool)) return report('intent-ahead-of-pool');
  return record === undefined ? withoutRecord(intent, facts) : withRecord(intent, record, facts);
}

/** It was being made and had no record yet, or being deleted and had none any more. */
function withoutRecord({ volume, thinId }: Intent, facts: RecoveryFacts): Recovery {
  // Taken by another volume: create met EEXIST, and the intent was not rewritten in time (defect 3). Nothing was made.
  if (facts.thinIdsOfOthers.has(thinId)) return { kind: 'roll-back', volume, steps: [{ step: 'remove-intent' }] };
  return {
    kind: 'roll-back',
    volume,
    steps: [...deleteUnlessAbsent(thinId, facts.isThinPresent), { step: 'free-id', thinId }, { step: 'remove-intent' }],
  };
}

function withRecord(intent: Intent, record: RecordedChange, facts: RecoveryFacts): Recovery {
  if (record.transactionId > intent.transactionId) return report('record-ahead-of-intent');
  if (facts.thinIdsOfOthers.has(record.thinId)) return report('thin-id-shared');
  const { volume } = intent;
  // The record is of this very change: it was being made, with the thin id of the record. Where the intent has another, it
  // was not rewritten after EEXIST (Docker ignores that this failed), and that one is not ours to delete (defect 3).
  const isMadeByIt = record.transactionId === intent.transactionId;
  const isSameThin = record.thinId === intent.thinId;
  if (!isMadeByIt && !isSameThin) return report('record-disagrees');
  const steps: readonly RecoveryStep[] = [
    ...deleteUnlessAbsent(record.thinId, isSameThin ? facts.isThinPresent : 'unknown'),
    { step: 'remove-record' },
    { step: 'free-id', thinId: record.thinId },
    { step: 'remove-intent' },
  ];
  return { kind: isMadeByIt ? 'roll-back' : 'complete', volume, steps };
}

function deleteUnlessAbsent(thinId: ThinId, isPresent: boolean | 'unknown'): readonly RecoveryStep[] {
  return isPresent === false ? [] : [{ step: 'delete-thin', thinId }];
}

function report(reason: RecoveryDoubt): Recovery {
  return { kind: 'report', reason };
}
