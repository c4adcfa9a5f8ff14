import { codeOf } from '@dmthin/conformance';
import { expect } from 'chai';
import fc from 'fast-check';
import { FifoLock } from '../../dist/lock/fifo-lock.js';
import { KeyedLock } from '../../dist/lock/keyed-lock.js';
import { settled } from '../fixture/world.ts';

/** Work that ends when told to. */
function held(): { readonly work: () => Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => done, end };
}

describe('a fifo lock', () => {
  it('lets one in at a time, in the order of asking', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 20 }), async (turns) => {
        const lock = new FifoLock();
        const order: number[] = [];
        let inside = 0;
        await Promise.all(
          turns.map((length, index) =>
            lock.run(async () => {
              inside += 1;
              expect(inside).to.equal(1);
              for (let turn = 0; turn < length; turn += 1) await Promise.resolve();
              order.push(index);
              inside -= 1;
            }),
          ),
        );
        expect(order).to.deep.equal(turns.map((_, index) => index));
        expect(lock.isIdle).to.equal(true);
      }),
    );
  });

  it('lets a wait be cancelled, and goes on with the next', async () => {
    const lock = new FifoLock();
    const first = held();
    const running = lock.run(first.work);
    const cancel = new AbortController();
    const second = lock.run(async () => 'second', cancel.signal);
    const third = lock.run(async () => 'third');
    cancel.abort();
    expect(await codeOf(second)).to.equal('ABORTED');
    first.end();
    await running;
    expect(await third).to.equal('third');
    expect(await codeOf(lock.run(async () => undefined, cancel.signal))).to.equal('ABORTED');
    expect(lock.isIdle).to.equal(true);
  });

  it('is given back by work that fails', async () => {
    const lock = new FifoLock();
    await lock.run(async () => Promise.reject(new Error('no'))).catch(() => undefined);
    expect(await lock.run(async () => 1)).to.equal(1);
  });
});

describe('a keyed lock', () => {
  it('never deadlocks, whatever keys are wanted in whatever order, and keeps nothing afterwards', async () => {
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { maxLength: 20 }), async (wanted) => {
        const lock = new KeyedLock();
        const inside = new Set<string>();
        await Promise.all(
          wanted.map((wants) =>
            lock.run(wants, async () => {
              for (const key of wants) {
                expect(inside.has(key)).to.equal(false);
                inside.add(key);
              }
              await Promise.resolve();
              for (const key of wants) inside.delete(key);
            }),
          ),
        );
        expect(lock.size).to.equal(0);
      }),
    );
  });

  it('keeps those who want other keys waiting for nothing', async () => {
    const lock = new KeyedLock();
    const long = held();
    const running = lock.run(['a'], long.work);
    expect(await lock.run(['b'], async () => 'b')).to.equal('b');
    let isIn = false;
    const waiting = lock.run(['b', 'a'], async () => {
      isIn = true;
    });
    await settled();
    expect(isIn).to.equal(false);
    long.end();
    await Promise.all([running, waiting]);
    expect(isIn).to.equal(true);
  });
});
