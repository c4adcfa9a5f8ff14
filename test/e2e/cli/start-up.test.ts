import { expect } from 'chai';
import { textOf } from '../support/dmthin.ts';
import { temporaryPlace } from '../support/root.ts';

const LIMIT = 150;
const RUNS = 15;

describe('the start of dmthin', function () {
  this.timeout(60_000);

  it(`takes less than ${LIMIT} ms on a machine that is idle`, async () => {
    await using place = await temporaryPlace();
    let best = Number.POSITIVE_INFINITY;
    // The fastest of some is the one that nothing else held up.
    for (let run = 0; run < RUNS && best >= LIMIT / 2; run++) {
      const begun = performance.now();
      expect(await textOf(['version'], { root: place.path })).to.match(/^dmthin \d+\.\d+\.\d+ \(node v\d+/u);
      best = Math.min(best, performance.now() - begun);
    }
    expect(best).to.be.below(LIMIT);
  });
});
