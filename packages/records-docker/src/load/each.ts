import { setImmediate } from 'node:timers/promises';

/** As many as keep four threads of the pool busy with three short calls a file; more gains nothing (measured). */
const AT_ONCE = 64;

/** In milliseconds: how long others wait for their turn. */
const SLICE = 4;

/**
 * Does `work` for each of `items`, so many at a time, and lets others have their turn although it may never wait. Rejects
 * with the first fault, once those under way are done.
 */
export async function each<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let hasFailed = false;
  let end = performance.now() + SLICE;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && !hasFailed; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
      if (performance.now() < end) continue;
      await setImmediate();
      end = performance.now() + SLICE;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
  for (const outcome of ends) if (outcome.status === 'rejected') throw outcome.reason;
}
