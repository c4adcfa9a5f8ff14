export { hostConformance } from './host/host-conformance.ts';
export type { HostCapability, HostFixture, HostUnderTest } from './host/host-fixture.ts';
export { recordsConformance } from './records/records-conformance.ts';
export type { RecordsCrash, RecordsFixture, RecordsRoot } from './records/records-fixture.ts';
