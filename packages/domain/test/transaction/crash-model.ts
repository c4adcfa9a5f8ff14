import {
  type Intent,
  openIntent,
  presenceProbe,
  type Recovery,
  recoveryOf,
  type ThinId,
  ThinIdAllocator,
  type TransactionId,
  thinId,
  transactionId,
  type VolumeId,
} from '@dmthin/domain';

interface ModelRecord {
  readonly thinId: ThinId;
  readonly transactionId: TransactionId;
}

/** What outlives a crash: the pool's last commit and the records on disk. Each `yield` of a change is a place to crash. */
export class CrashModel {
  transaction: TransactionId = transactionId(0);
  /** Whose each thin id of the pool is; `foreign` where somebody else made it. */
  readonly thins: Map<ThinId, VolumeId | 'foreign'> = new Map();
  readonly records: Map<VolumeId, ModelRecord> = new Map();
  intent: Intent | undefined;

  *create(volume: VolumeId, last: ThinId): Generator<void, 'done'> {
    // After a restart the allocator knows the records' ids only.
    const ids = new ThinIdAllocator(
      last,
      Array.from(this.records.values(), (record) => record.thinId),
    );
    let id = ids.take();
    while (this.answer(presenceProbe(id)) === 'EEXIST') id = ids.take();
    this.intent = openIntent(this.transaction, volume, id);
    yield;
    this.thins.set(id, volume);
    yield;
    this.records.set(volume, { thinId: id, transactionId: this.intent.transactionId });
    yield;
    this.transaction = this.intent.transactionId;
    return 'done';
  }

  *remove(volume: VolumeId, isBusy: boolean): Generator<void, 'done' | 'refused'> {
    const record = this.records.get(volume);
    if (record === undefined) return 'done';
    this.intent = openIntent(this.transaction, volume, record.thinId);
    yield;
    if (isBusy) {
      this.intent = undefined;
      return 'refused';
    }
    this.thins.delete(record.thinId);
    yield;
    this.records.delete(volume);
    yield;
    this.transaction = this.intent.transactionId;
    return 'done';
  }

  *recover(canAsk: boolean): Generator<void, Recovery['kind']> {
    const { intent } = this;
    const volume = intent?.volume;
    const recovery = recoveryOf({
      poolTransaction: this.transaction,
      intent,
      record: volume === undefined ? undefined : this.records.get(volume),
      thinIdsOfOthers: new Set(
        Array.from(this.records).flatMap(([id, record]) => (id === volume ? [] : [record.thinId])),
      ),
      isThinPresent: canAsk && intent ? this.answer(presenceProbe(intent.thinId)) === 'EEXIST' : 'unknown',
    });
    for (const step of 'steps' in recovery ? recovery.steps : []) {
      if (step.step === 'delete-thin') this.thins.delete(step.thinId);
      if (step.step === 'remove-record' && volume !== undefined) this.records.delete(volume);
      if (step.step === 'remove-intent') this.intent = undefined;
      yield;
    }
    return recovery.kind;
  }

  /** What the pool says to `create_snap ID ORIGIN`: whether the id is known is checked first. */
  answer(message: string): 'EEXIST' | 'ENODATA' | 'done' {
    const [, id, origin] = message.split(' ').map(Number);
    if (this.thins.has(thinId(id ?? 0))) return 'EEXIST';
    return this.thins.has(thinId(origin ?? 0)) ? 'done' : 'ENODATA';
  }
}

/** Runs a change up to its nth place to crash; its result where it got to its end. */
export function runUpTo<Result>(change: Generator<void, Result>, places: number): Result | undefined {
  for (let place = 0; ; place += 1) {
    const next = change.next();
    if (next.done === true) return next.value;
    if (place === places) return undefined;
  }
}
