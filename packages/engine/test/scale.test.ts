import { Steps } from '@dmthin/conformance';
import type { ThinPool } from '@dmthin/engine';
import { expect } from 'chai';
import { id, MIB, World } from './fixture/world.ts';

const MANY = 10_000;

/** What a volume's life costs, in calls and writes. */
async function lifeOf(pool: ThinPool, steps: Steps, name: string): Promise<readonly string[]> {
  const before = steps.log.length;
  await pool.create(id(name), MIB);
  await pool.snapshot(id(`${name}.1`), id(name));
  await pool.activate(id(`${name}.1`));
  await pool.deactivate(id(`${name}.1`));
  await pool.delete(id(`${name}.1`));
  await pool.status();
  return steps.log.slice(before).map((step) => step.replaceAll(/\d+/gu, 'N').replaceAll(name, ''));
}

describe('ten thousand volumes', function () {
  this.timeout(60_000);
  it('cost no volume a call more, and opening none at all', async () => {
    const world = World.tiny();
    world.kernel.usage = { metadata: '10/1000000', data: '0/1000000' };
    const steps = new Steps();
    const pool = await world.open({}, steps);
    await lifeOf(pool, steps, 'first');
    const few = await lifeOf(pool, steps, 'few');
    for (let volume = 0; volume < MANY; volume += 1) await pool.create(id(`v${volume}`), MIB);
    expect(await lifeOf(pool, steps, 'many')).to.deep.equal(few);
    await pool.close();
    const opening = new Steps();
    const again = await world.open({}, opening);
    expect([...again.volumes()]).to.have.length(MANY + 3);
    expect(opening.log).to.deep.equal(['info pool', 'status pool', 'table pool']);
  });
});
