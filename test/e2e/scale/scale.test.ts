import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Figures } from './measure.ts';

const MIB = 2 ** 20;

describe('ten thousand layers on the fake', function () {
  this.timeout(300_000);

  it('cost a create no more than a hundred do, open soon, and fit in memory', async () => {
    const script = fileURLToPath(new URL('measure.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    const { create, createDurably, open, close, peakMemory } = JSON.parse(stdout) as Figures;
    expect(create.many / create.few, stdout).to.be.below(1.5);
    expect(createDurably.many / createDurably.few, stdout).to.be.below(1.5);
    expect(open, stdout).to.be.below(2000);
    expect(close, stdout).to.be.below(500);
    expect(peakMemory, stdout).to.be.below(300 * MIB);
  });
});
