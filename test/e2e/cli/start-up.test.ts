import { expect } from 'chai';
import { dmthin } from '../support/dmthin.ts';
import { temporaryPlace } from '../support/root.ts';

const LIMIT_MS = 150;
const RUNS = 8;
/** Says in the end what processor time the process took, in microseconds. */
const TELL_TIME =
  "--import=data:text/javascript,process.on('exit',()=>process.stderr.write(JSON.stringify(process.cpuUsage())))";

describe('the start of dmthin', function () {
  this.timeout(60_000);

  it(`takes less than ${LIMIT_MS} ms of processor time, which is all of its time on an idle machine`, async () => {
    await using place = await temporaryPlace();
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const ran = await dmthin(['version'], { root: place.path, environment: { NODE_OPTIONS: TELL_TIME } });
      expect(ran.stdout.toString()).to.match(/^dmthin \d+\.\d+\.\d+ \(node v\d+/u);
      const { user, system } = JSON.parse(ran.stderr) as NodeJS.CpuUsage;
      times.push((user + system) / 1000);
    }
    expect(Math.min(...times)).to.be.within(10, LIMIT_MS);
  });
});
