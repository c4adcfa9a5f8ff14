import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mishap, Steps } from '@dmthin/conformance';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { CrashMachine, ENDS, type End } from './crash-machine.ts';
import { type Layers, OPERATIONS, type Operation, prepareLayers } from './operations.ts';
import { poolFaults } from './pool-metadata.ts';

const MOMENTS: readonly Mishap[] = ['end-before', 'end-after'];

/** Every layer that is not marked as deleted, with its files. */
async function layersOf(driver: GraphDriver): Promise<Layers> {
  const layers: Record<string, Record<string, string>> = {};
  for (const { id, isDeleted } of driver.layers()) {
    if (isDeleted) continue;
    const directory = await driver.mount(id);
    const files: Record<string, string> = {};
    for (const name of await readdir(directory)) files[name] = await readFile(join(directory, name), 'utf8');
    layers[id] = files;
    await driver.unmount(id);
  }
  return layers;
}

/** Once the deletion worker has deleted what nobody uses. */
async function settled(driver: GraphDriver): Promise<void> {
  const isDue = (): boolean => driver.layers().some((layer) => layer.isDeleted && layer.mountPath === undefined);
  for (let turn = 0; isDue() && turn < 1000; turn++) await sleep(1);
}

/** Each layer is as it was before the operation, or as it is after it; none is half of it, and there is no other. */
function expectBeforeOrAfter(found: Layers, { before, after }: Operation, where: string): void {
  for (const id of new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(found)]))
    expect([before[id], after[id]], `${where}: ${id}`).to.deep.include(found[id]);
}

/** Ends the process at the call that many after the operation has begun. False: it had been acknowledged before. */
async function crashAt(operation: Operation, step: number, moment: Mishap, end: End): Promise<boolean> {
  const { options, prepare, run, after } = operation;
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
    if (isCut) expectBeforeOrAfter(found, operation, where);
    else expect(found, 'once it was acknowledged').to.deep.equal(after);

    if (!operation.isDone(next)) await run(next);
    expect(await layersOf(next), `${where}; and again`).to.deep.equal(after);
    await next.close();

    await machine.end('it is killed');
    const last = await machine.open(new Steps(), options);
    await settled(last);
    expect(await poolFaults(machine), `${where}; and again`).to.deep.equal([]);
    expect(await layersOf(last), `${where}; and again, and opened anew`).to.deep.equal(after);
    await last.close();
    return isCut;
  } finally {
    await machine.discard();
  }
}

for (const end of ENDS)
  describe(`a process of which at any call ${end}`, function () {
    this.timeout(120_000);
    for (const operation of OPERATIONS)
      it(`leaves what was acknowledged, and nothing else: ${operation.name}`, async () => {
        for (const moment of MOMENTS) {
          let step = 1;
          while (await crashAt(operation, step, moment, end)) step++;
          expect(step - 1, 'calls').to.be.at.least(operation.calls);
        }
      });
  });
