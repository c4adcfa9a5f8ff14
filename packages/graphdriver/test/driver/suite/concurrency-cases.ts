import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../../support/expect-error.ts';
import type { MakeWorld } from '../driver-world.ts';

/** On the fake kernel; test/e2e/many has the same on Linux, beside a mkfs and a discard. */
export function manyLives(makeWorld: MakeWorld): void {
  describe('sixty-four at once', () => {
    it('makes, mounts, writes, unmounts and removes 64 layers while the status is asked for every 10 ms', async function () {
      await using world = await makeWorld();
      const driver = await world.open(['dm.loopdatasize=1G']);
      await driver.create('parent');
      let isDone = false;
      const answers: number[] = [];
      const watch = (async (): Promise<void> => {
        while (!isDone) {
          const asked = performance.now();
          expect((await driver.status()).pool.kind).to.equal('ok');
          answers.push(performance.now() - asked);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      })();
      const lifecycle = async (id: string): Promise<void> => {
        await driver.create(id, { parent: 'parent' });
        const root = await driver.mount(id);
        await writeFile(join(root, 'own'), id);
        await driver.unmount(id);
        const again = await driver.mount(id);
        expect(await readFile(join(again, 'own'), 'utf8')).to.equal(id);
        await driver.unmount(id);
        await driver.remove(id);
      };
      await Promise.all(Array.from({ length: 64 }, (_, n) => lifecycle(`layer-${n}`)));
      isDone = true;
      await watch;
      const p99 = answers.sort((one, other) => one - other)[Math.floor(answers.length * 0.99)] ?? Number.NaN;
      // Far above what a machine takes that has other things to do; far below one removal or mount that is waited for.
      expect(p99).to.be.below(1000);
      if (this.test !== undefined) this.test.title += ` (status p99 ${p99.toFixed(0)} ms of ${answers.length})`;
      expect(driver.layers().map(({ id }) => id)).to.deep.equal(['parent']);
      await driver.close();
    }).timeout(60_000);
  });
}

export function concurrencyCases(makeWorld: MakeWorld): void {
  describe('many at once', () => {
    it('counts the mounts of one layer right, however many ask at once', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('a');
      const roots = await Promise.all(Array.from({ length: 20 }, () => driver.mount('a')));
      expect(new Set(roots).size).to.equal(1);
      await Promise.all(Array.from({ length: 20 }, () => driver.unmount('a')));
      expect(driver.layer('a').mountPath).to.equal(undefined);
      await errorOf(driver.unmount('a'), 'INVALID_ARGUMENT');
      await driver.close();
    });

    it('makes a layer once, where several ask for the same', async () => {
      await using world = await makeWorld();
      const driver = await world.open();
      await driver.create('p');
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => driver.create('a', { parent: 'p' })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      expect(driver.layer('a').parent).to.equal('p');
      await driver.close();
    });
  });
}
