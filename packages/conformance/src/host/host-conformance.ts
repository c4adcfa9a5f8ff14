import { blockDeviceCases } from './block-devices.ts';
import { filesystemCases } from './filesystems.ts';
import { caseAdder } from './host-case.ts';
import type { HostFixture, HostUnderTest } from './host-fixture.ts';
import { loopDeviceCases } from './loop-devices.ts';
import { mountedFileCases } from './mounted-files.ts';
import { mountCases } from './mounts.ts';

/**
 * What every host has to do, as mocha cases: the ports `BlockDevices`, `LoopDevices`, `Filesystems`, `Mounts` and
 * `FileAttributes`.
 */
export function hostConformance<Host extends HostUnderTest>(label: string, fixture: HostFixture<Host>): void {
  describe(`${label} as a host`, () => {
    const add = caseAdder(fixture);
    describe('block devices', () => blockDeviceCases(add));
    describe('loop devices', () => loopDeviceCases(add));
    describe('filesystems', () => filesystemCases(add));
    describe('mounts', () => mountCases(add));
    describe('files of a mount', () => mountedFileCases(add));
  });
}
