export { recordsConformance } from './records/records-conformance.ts';
export type { RecordsCrash, RecordsFixture, RecordsRoot } from './records/records-fixture.ts';
