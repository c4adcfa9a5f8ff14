import type { SnapshotRecord, SnapshotRecords } from '@dmthin/ports';

/** What is kept of snapshots, apart from whoever has it open. */
export type SnapshotStore = Map<number, SnapshotRecord>;

/** Snapshots in memory, which last as long as `store` does. */
export function createMemorySnapshotRecords(store: SnapshotStore = new Map()): SnapshotRecords {
  return {
    load: async () => ({ snapshots: [...store.values()].sort((one, other) => one.id - other.id), broken: [] }),
    async save(record) {
      store.set(record.id, record);
    },
    async remove(id) {
      store.delete(id);
    },
  };
}
