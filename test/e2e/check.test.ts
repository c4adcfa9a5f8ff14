import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, jsonOf } from './support/dmthin.ts';
import { openFake, temporaryPlace } from './support/root.ts';

interface Checked {
  readonly intent: string;
  readonly warnings: readonly string[];
  readonly findings: readonly Readonly<Record<string, unknown>>[];
}

describe('dmthin check', function () {
  this.timeout(60_000);

  it('says nothing of a root that is well, and ends with 0', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    await (await openFake(root)).close();
    const { status, stdout } = await dmthin(['check'], { root });
    expect([status, stdout.toString()]).to.deep.equal([0, 'nothing found\n']);
    expect(await jsonOf<Checked>(['check'], { root })).to.deep.equal({
      intent: 'complete',
      warnings: [],
      findings: [],
    });
  });

  it('tells what a lost record left behind, ends with 9, and repairs it where it is asked to', async () => {
    await using place = await temporaryPlace();
    const root = place.path;
    const driver = await openFake(root);
    await driver.create('web');
    await driver.close();
    await rm(join(root, 'metadata', 'web'));

    const found = await dmthin(['check'], { root });
    expect(found.status).to.equal(9);
    expect(found.stdout.toString()).to.match(/^thin device 2 of pool .* is no layer's; it holds \d+.*B\n/u);
    expect(found.stderr).to.include('dmthin check --repair');
    const json = await dmthin(['check', '--json'], { root });
    const { findings } = JSON.parse(json.stdout.toString()) as Checked;
    expect(findings).to.have.length(1);
    expect(findings[0]).to.have.all.keys('kind', 'subject', 'what', 'cause', 'holds', 'repair', 'outcome', 'remedy');
    expect(findings[0]).to.include({ kind: 'orphan-thin', subject: '2', outcome: 'found' });

    const repaired = await dmthin(['check', '--repair'], { root });
    expect([repaired.status, repaired.stdout.toString().includes('Repaired: delete it')]).to.deep.equal([0, true]);
    expect((await dmthin(['check'], { root })).status).to.equal(0);
  });
});
