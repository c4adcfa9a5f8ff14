import { type Mishap, Steps } from '@dmthin/conformance';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { CrashMachine, ENDS, type End } from './crash-machine.ts';
import { type Layers, layersOf, settled } from './layers.ts';
import { OPERATIONS, type Operation, prepareLayers } from './operations.ts';
import { poolFaults } from './pool-metadata.ts';

/** Each layer is as it was before the operation, or as it is after it; none is half of it, and there is no other. */
function expectBeforeOrAfter(found: Layers, { before, after }: Operation, where: string): void {
  for (const id of new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(found)]))
    expect([before[id], after[id]], `${where}: ${id}`).to.deep.include(found[id]);
}

/** No layer has lost what it was made from. */
function expectParents(driver: GraphDriver, { parents }: Operation, where: string): void {
  for (const { id, parent, isDeleted } of driver.layers())
    if (!isDeleted) expect(parent, `${where}: parent of ${id}`).to.equal(parents[id]);
}

/** Ends the process at the call that many after the operation has begun. False: it had been acknowledged before. */
async function crashAt(operation: Operation, step: number, moment: Mishap, end: End): Promise<boolean> {
  const { options, prepare, run, after, check } = operation;
  const machine = await CrashMachine.start();
  try {
    const steps = new Steps();
    const driver = await machine.open(steps, options);
    await prepareLayers(driver);
    await prepare?.(driver);
    const count = steps.log.length;
    steps.at(step, moment);
    const isCut = await steps.endsIn(run(driver));
    const where = `${String(moment)} of call ${step}, ${steps.log[count + step - 1] ?? 'none'}`;
    await machine.end(end);

    const next = await machine.open(new Steps(), options);
    await settled(next);
    expect(await poolFaults(machine), where).to.deep.equal([]);
    const found = await layersOf(next);
    expectParents(next, operation, where);
    if (isCut) expectBeforeOrAfter(found, operation, where);
    else expect(found, 'once it was acknowledged').to.deep.equal(after);

    if (!operation.isDone(next)) await run(next);
    expect(await layersOf(next), `${where}; and again`).to.deep.equal(after);
    expectParents(next, operation, `${where}; and again`);
    await check?.(next);
    await next.close();
    expect(await poolFaults(machine), `${where}; and again, and closed`).to.deep.equal([]);
    return isCut;
  } finally {
    await machine.discard();
  }
}

for (const { end, moments } of ENDS)
  describe(`a process of which at any call ${end}`, function () {
    this.timeout(600_000);
    for (const operation of OPERATIONS)
      it(`leaves what was acknowledged, and nothing else: ${operation.name}`, async () => {
        for (const moment of moments) {
          let step = 1;
          while (await crashAt(operation, step, moment, end)) step++;
          expect(step - 1, 'calls').to.be.at.least(operation.calls);
        }
      });
  });
