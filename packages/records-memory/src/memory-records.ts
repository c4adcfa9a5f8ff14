import {
  BASE_VOLUME,
  bytes,
  DmError,
  thinId,
  thinIdConflicts,
  transactionId,
  type VolumeId,
  volumeId,
} from '@dmthin/domain';
import type { Intent, LoadedRecords, PoolIdentity, PoolRecord, Records, VolumeRecord } from '@dmthin/ports';
import { createMemoryStore, type MemoryStore, type RecordChange } from './memory-store.ts';

/** Opens the records in `store`, in a new one by default. @throws DmError LOCKED: somebody has it open. */
export function createMemoryRecords(store: MemoryStore = createMemoryStore()): MemoryRecords {
  return new MemoryRecords(store);
}

/** Records in memory, which outlive whoever has them open as long as the store does. */
export class MemoryRecords implements Records {
  readonly #store: MemoryStore;
  readonly #holder: { readonly since: Date } = { since: new Date() };
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @throws DmError LOCKED: somebody has `store` open. */
  constructor(store: MemoryStore) {
    if (store.holder !== undefined)
      throw new DmError('LOCKED', `these records are held by this process since ${store.holder.since.toISOString()}`, {
        operation: 'open',
        remedy: 'Close those who have them open first.',
      });
    store.holder = this.#holder;
    this.#store = store;
  }

  async load(): Promise<LoadedRecords> {
    this.#refuseClosed('load');
    const { pool, intent, identity, broken } = this.#store;
    this.#store.broken = [];
    const volumes = [...this.#store.volumes.values()].sort((one, other) => (one.volume < other.volume ? -1 : 1));
    return { volumes, pool, intent, identity, broken, leftovers: [], conflicts: thinIdConflicts(volumes) };
  }

  async saveVolume(record: VolumeRecord): Promise<void> {
    this.#refuseClosed('saveVolume');
    const kept = { ...record, volume: checkedId(record.volume), thinId: thinId(record.thinId) };
    checkNumbers(record.size, record.transactionId);
    await this.#change('saveVolume', (store) => store.volumes.set(kept.volume, kept));
  }

  async removeVolume(volume: VolumeId): Promise<void> {
    this.#refuseClosed('removeVolume');
    const id = checkedId(volume);
    await this.#change('removeVolume', (store) => store.volumes.delete(id));
  }

  async savePool(record: PoolRecord): Promise<void> {
    this.#refuseClosed('savePool');
    const kept = { ...record, lastThinId: thinId(record.lastThinId) };
    await this.#change('savePool', (store) => {
      store.pool = kept;
    });
  }

  async saveIntent(intent: Intent): Promise<void> {
    this.#refuseClosed('saveIntent');
    const kept = { ...intent, volume: checkedId(intent.volume), thinId: thinId(intent.thinId) };
    checkNumbers(0n, intent.transactionId);
    await this.#change('saveIntent', (store) => {
      store.intent = kept;
    });
  }

  async removeIntent(): Promise<void> {
    this.#refuseClosed('removeIntent');
    await this.#change('removeIntent', (store) => {
      store.intent = undefined;
    });
  }

  async saveIdentity(identity: PoolIdentity): Promise<void> {
    this.#refuseClosed('saveIdentity');
    if (identity.poolName === '') throw new DmError('INVALID_ARGUMENT', 'the pool in a pool identity has no name');
    const kept = { ...identity };
    await this.#change('saveIdentity', (store) => {
      store.identity = kept;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    if (this.#store.holder === this.#holder) this.#store.holder = undefined;
  }

  /** One change after the other, in the order of the calls. */
  #change(change: RecordChange, make: (store: MemoryStore) => void): Promise<void> {
    const done = this.#last.then(async () => {
      await this.#store.beforeChange?.(change);
      if (this.#store.holder !== this.#holder) throw closed(change);
      make(this.#store);
    });
    this.#last = done.catch(() => {});
    return done;
  }

  #refuseClosed(operation: string): void {
    if (this.#isClosed || this.#store.holder !== this.#holder) throw closed(operation);
  }
}

function closed(operation: string): DmError {
  return new DmError('CLOSED', `cannot ${operation}: these records were closed`, { operation });
}

function checkedId(id: VolumeId): VolumeId {
  return id === BASE_VOLUME ? id : volumeId(id);
}

/** The widths that every keeper of records has. */
function checkNumbers(size: bigint, transaction: bigint): void {
  transactionId(transaction);
  if (bytes(size) >= 1n << 64n) throw new DmError('INVALID_ARGUMENT', `size ${size} is not 64 bits unsigned`);
}
