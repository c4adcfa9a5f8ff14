import { deviceCases } from './device-cases.ts';
import type { KernelFixture, KernelSetup } from './kernel-fixture.ts';
import { poolCases } from './pool-cases.ts';
import { spaceCases } from './space-cases.ts';
import { suspendCases } from './suspend-cases.ts';
import { tableCases } from './table-cases.ts';
import { thinCases } from './thin-cases.ts';
import { Workbench } from './workbench.ts';

/**
 * What every implementation of the `Kernel` port has to do, as mocha cases in the port's own words; all of it is true
 * of Linux 6.1. Call it at the top level of a test file. Cases whose capability a kernel lacks are skipped.
 */
export function kernelConformance(label: string, { setup }: KernelSetup): void {
  describe(`kernel conformance: ${label}`, function () {
    this.timeout(60_000);
    let fixture: KernelFixture;
    let bench: Workbench;

    beforeEach(async () => {
      fixture = await setup();
      bench = new Workbench(fixture);
    });

    afterEach(async () => {
      try {
        await bench.clear();
      } finally {
        await fixture.teardown();
      }
    });

    describe('devices', () => deviceCases(() => bench));
    describe('tables', () => tableCases(() => bench));
    describe('suspending, deferring, waiting, and several at once', () => suspendCases(() => bench));
    describe('pools', () => poolCases(() => bench));
    describe('thin devices', () => thinCases(() => bench));
    describe('pools without space', () => spaceCases(() => bench));
  });
}
