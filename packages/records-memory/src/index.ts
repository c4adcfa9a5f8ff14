export { createMemoryRecords, MemoryRecords } from './memory-records.ts';
export { createMemorySnapshotRecords, type SnapshotStore } from './memory-snapshot-records.ts';
export { createMemoryStore, type MemoryStore, type RecordChange } from './memory-store.ts';
