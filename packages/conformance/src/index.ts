export { type Mishap, Steps } from './crash/steps.ts';
export { hostConformance } from './host/host-conformance.ts';
export type { HostCapability, HostFixture, HostUnderTest } from './host/host-fixture.ts';
export { type VolumeGroupsUnderTest, volumeGroupsConformance } from './host/volume-groups.ts';
export { kernelConformance } from './kernel/kernel-conformance.ts';
export type { KernelFixture, KernelSetup } from './kernel/kernel-fixture.ts';
export { recordsConformance } from './records/records-conformance.ts';
export type { RecordsCrash, RecordsFixture, RecordsRoot } from './records/records-fixture.ts';
