export { type HostFault, HostFaults, type HostOperation } from './fault/faults.ts';
export { createFakeHost, type FakeHost, type FakeHostOptions, type SavedFakeHost } from './host.ts';
export type { FileBackedStore } from './loop/loop-store.ts';
