import { crashCases } from './crash-cases.ts';
import { holdCases } from './hold-cases.ts';
import { keepCases } from './keep-cases.ts';
import type { RecordsFixture } from './records-fixture.ts';

/** Registers, with mocha, what every implementation of `Records` has to do. */
export function recordsConformance(label: string, fixture: RecordsFixture): void {
  describe(`records: ${label}`, () => {
    describe('keeping', () => keepCases(fixture));
    describe('holding the root', () => holdCases(fixture));
    describe('crashing', () => crashCases(fixture));
  });
}
