import type { VolumeId } from '@dmthin/domain';
import type { BrokenRecord, Intent, PoolIdentity, PoolRecord, VolumeRecord } from '@dmthin/ports';

/** A change of the records, as `beforeChange` is told of it. */
export type RecordChange = 'saveVolume' | 'removeVolume' | 'savePool' | 'saveIntent' | 'removeIntent' | 'saveIdentity';

/** What is kept, apart from whoever has it open: give it to `createMemoryRecords` again to open it once more. */
export interface MemoryStore {
  readonly volumes: Map<VolumeId, VolumeRecord>;
  pool: PoolRecord | undefined;
  intent: Intent | undefined;
  identity: PoolIdentity | undefined;
  /** What the next `load` reports as broken, and then forgets: a test puts it here. */
  broken: readonly BrokenRecord[];
  /**
   * Called before each change is made; where it throws or rejects, the change is not made, and its caller gets that error.
   * So a test fails a change, holds it up, or counts.
   */
  beforeChange: ((change: RecordChange) => void | Promise<void>) | undefined;
  /** Who has it open. */
  holder: { readonly since: Date } | undefined;
  /** As if the holder's process had died: what it does from now on fails with CLOSED, and the store can be opened. */
  crash(): void;
}

export function createMemoryStore(beforeChange?: MemoryStore['beforeChange']): MemoryStore {
  return {
    volumes: new Map(),
    pool: undefined,
    intent: undefined,
    identity: undefined,
    broken: [],
    beforeChange,
    holder: undefined,
    crash() {
      this.holder = undefined;
    },
  };
}
