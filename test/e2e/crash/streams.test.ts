import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mishap, Steps } from '@dmthin/conformance';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { CrashMachine, type End } from './crash-machine.ts';
import { poolFaults } from './pool-metadata.ts';

const TEXT = 'what web has and image has not\n'.repeat(20_000);
const WAYS: readonly (readonly [End, Mishap])[] = [
  ['it is killed', 'end-before'],
  ['the power goes', 'end-after'],
];

interface Scene {
  readonly machine: CrashMachine;
  readonly steps: Steps;
  readonly driver: GraphDriver;
}

/** A root with an image and a layer on it; `work` on it, of which the process dies at that call. Whether it did. */
async function dieAt(
  [end, mishap]: (typeof WAYS)[number],
  step: number,
  work: (scene: Scene) => Promise<() => Promise<unknown>>,
  after: (next: GraphDriver, hasDied: boolean, where: string) => Promise<void>,
): Promise<boolean> {
  const machine = await CrashMachine.start();
  try {
    const steps = new Steps();
    const driver = await machine.open(steps, []);
    await driver.create('image');
    await driver.create('web', { parent: 'image' });
    writeFileSync(join(await driver.mount('web'), 'file'), TEXT);
    await driver.unmount('web');
    const run = await work({ machine, steps, driver });
    const begun = steps.log.length;
    steps.at(step, mishap);
    const hasDied = await steps.endsIn(run());
    const where = `${String(mishap)} of call ${step}, ${steps.log[begun + step - 1] ?? 'none'}`;
    await machine.end(end);

    const next = await machine.open(new Steps(), []);
    expect(await poolFaults(machine), where).to.deep.equal([]);
    expect(readdirSync(join(machine.root, 'dmthin/holding')), `${where}: metadata snapshots`).to.deep.equal([]);
    const { pool } = await next.status();
    expect(pool.kind === 'ok' && pool.heldRoot, `${where}: held root`).to.equal(undefined);
    const left = (await next.check()).filter(({ kind }) => kind !== 'start');
    expect(left, where).to.deep.equal([]);
    await after(next, hasDied, where);
    await next.close();
    expect(await poolFaults(machine), `${where}, and closed`).to.deep.equal([]);
    return hasDied;
  } finally {
    await machine.discard();
  }
}

for (const way of WAYS)
  describe(`a process that carries layers, of which at any call ${way[0]}`, function () {
    this.timeout(600_000);

    it('leaves a layer that is not there, half received, or whole, and the stream goes on', async () => {
      let step = 1;
      const seen = new Set<string>();
      const dies = (): Promise<boolean> => {
        let stream: readonly Uint8Array[] = [];
        return dieAt(
          way,
          step,
          async ({ driver }) => {
            stream = await gathered(driver.send('web', { from: 'image', compression: 'none' }));
            return () => driver.receive('new', inOrder(stream));
          },
          async (next, hasDied, where) => {
            const [pending, ...others] = next.pendingReceives();
            expect(others, where).to.deep.equal([]);
            if (!hasDied) expect(next.exists('new'), where).to.equal(true);
            if (next.exists('new')) {
              expect(pending, where).to.equal(undefined);
              seen.add('whole');
            } else {
              seen.add(pending === undefined ? 'not there' : 'half received');
              const rest = pending === undefined ? inOrder(stream) : next.resumeSend(pending.token);
              await next.receive('new', rest);
            }
            expect(readFileSync(join(await next.mount('new'), 'file'), 'utf8') === TEXT, where).to.equal(true);
            expect(next.layer('new').parent, where).to.equal('image');
            await next.unmount('new');
          },
        );
      };
      while (await dies()) step += 1;
      expect(step, 'calls').to.be.above(15);
      expect(seen).to.deep.equal(new Set(['not there', 'half received', 'whole']));
    });

    it('leaves nothing of a layer that it was sending, which is sent again', async () => {
      let step = 1;
      const dies = (): Promise<boolean> =>
        dieAt(
          way,
          step,
          async ({ driver }) =>
            () =>
              gathered(driver.send('web', { from: 'image' })),
          async (next, _, where) => {
            const stream = await gathered(next.send('web', { from: 'image' }));
            await next.receive('new', inOrder(stream));
            expect(await next.changes('new', 'web'), where).to.deep.equal([]);
          },
        );
      while (await dies()) step += 1;
      expect(step, 'calls').to.be.above(15);
    });
  });

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(Uint8Array.from(part));
  return parts;
}

async function* inOrder(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
