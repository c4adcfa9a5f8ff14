import type { MakeWorld } from '../driver-world.ts';
import { baseCases } from './base-cases.ts';
import { checkCases } from './check-cases.ts';
import { closeCases } from './close-cases.ts';
import { concurrencyCases } from './concurrency-cases.ts';
import { diffCases } from './diff-cases.ts';
import { failedPoolCases } from './failed-pool-cases.ts';
import { layerCases } from './layer-cases.ts';
import { mountCases } from './mount-cases.ts';
import { poolCases } from './pool-cases.ts';
import { statusCases } from './status-cases.ts';

/** What the whole driver does for its users, on any machine: Docker's own tests of it, graphtest's, and ours. */
export function driverSuite(label: string, makeWorld: MakeWorld): void {
  describe(`graph driver on ${label}`, function () {
    // By dmsetup on a busy machine, a case is some fifty processes of a guest.
    this.timeout(120_000);
    layerCases(makeWorld);
    mountCases(makeWorld);
    diffCases(makeWorld);
    statusCases(makeWorld);
    poolCases(makeWorld);
    failedPoolCases(makeWorld);
    baseCases(makeWorld);
    checkCases(makeWorld);
    closeCases(makeWorld);
    concurrencyCases(makeWorld);
  });
}
