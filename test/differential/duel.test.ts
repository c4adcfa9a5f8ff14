import { expect } from 'chai';
import fc from 'fast-check';
import type { TraceHeader } from '../trace/call.ts';
import { DISKS } from '../trace/disks.ts';
import { fakeMachine } from '../trace/fake-machine.ts';
import { showDifference } from '../trace/show-difference.ts';
import { sequences } from './arbitrary/actions.ts';
import { Duel } from './duel.ts';

const HEADER: TraceHeader = { release: '6.1.176', major: 254, seed: 1, disks: DISKS };

describe('random calls, with a second fake in the place of the real kernel', () => {
  it('are answered alike, and none of those let through would wait', async () => {
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(sequences(60), async (actions) => {
        const duel = new Duel(HEADER, fakeMachine(HEADER));
        await duel.play(actions);
        calls += duel.lines.length;
        if (duel.difference !== undefined) expect.fail(showDifference(duel.difference));
      }),
      { numRuns: 40 },
    );
    expect(calls).to.be.above(500);
  }).timeout(60_000);

  it('differ where the kernels do', async () => {
    const { failed } = await fc.check(
      fc.asyncProperty(sequences(60), async (actions) => {
        const duel = new Duel(HEADER, fakeMachine(HEADER), '6.1.192');
        await duel.play(actions);
        return duel.difference === undefined;
      }),
      { numRuns: 40, endOnFailure: true },
    );
    expect(failed).to.equal(true);
  }).timeout(60_000);
});
