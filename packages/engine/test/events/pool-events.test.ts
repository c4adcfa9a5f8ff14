import { codeOf } from '@dmthin/conformance';
import type { PoolEvent } from '@dmthin/engine';
import { expect } from 'chai';
import { settled, World } from '../fixture/world.ts';

describe('the events of a pool', () => {
  it('say what changed, once, from the moment they are asked for', async () => {
    const world = World.tiny();
    const pool = await world.open();
    const cancel = new AbortController();
    const events = pool.events(cancel.signal);
    await settled();
    const seen: PoolEvent[] = [];
    world.kernel.usage = { metadata: '10/512', data: '924/1024' };
    world.kernel.event();
    const reading = (async () => {
      for await (const event of events) seen.push(event);
    })();
    await settled();
    expect(seen).to.deep.equal([{ kind: 'low-data', free: 100n }]);
    world.kernel.usage = { metadata: '384/512', data: '1024/1024' };
    world.kernel.mode = 'out_of_data_space';
    world.kernel.event();
    await settled();
    expect(seen.slice(1)).to.deep.equal([
      { kind: 'mode', from: 'rw', to: 'out_of_data_space' },
      { kind: 'low-metadata', free: 128n },
    ]);
    world.kernel.mode = 'Fail';
    world.kernel.event();
    await settled();
    expect(seen.slice(3)).to.deep.equal([{ kind: 'mode', from: 'out_of_data_space', to: 'Fail' }]);
    cancel.abort();
    await reading;
  });

  it('end when the pool is closed', async () => {
    const pool = await World.tiny().open();
    const seen: PoolEvent[] = [];
    const reading = (async () => {
      for await (const event of pool.events(new AbortController().signal)) seen.push(event);
    })();
    await settled();
    await pool.close();
    await reading;
    expect(seen).to.deep.equal([]);
    const late = pool.events(new AbortController().signal)[Symbol.asyncIterator]();
    expect(await codeOf(late.next())).to.equal('CLOSED');
  });
});
