import fc from 'fast-check';
import { DISKS } from '../trace/disks.ts';
import type { Trace } from '../trace/trace-file.ts';
import { sequences } from './arbitrary/actions.ts';
import { ending } from './arbitrary/ending.ts';
import { Arena } from './arena.ts';
import { Duel } from './duel.ts';

/** Of one sequence, in actions. */
const LENGTH = 150;

/**
 * Records calls of random sequences on the kernel of this machine, which has to have no mapped devices; the same seed
 * asks the same. `onRunningClock` is told where the clock cannot be stopped: what a pool does each second may then come
 * between any calls.
 * @throws DmError BUSY: there are mapped devices.
 */
export async function record(seed: number, ops: number, onRunningClock: () => void): Promise<Trace> {
  const arena = new Arena(DISKS, seed);
  try {
    if (!(await arena.clear())) onRunningClock();
    const duel = new Duel(arena.header, arena.machine);
    for (let count = 0; duel.lines.length < ops; count++) {
      const [actions = []] = fc.sample(sequences(LENGTH), { seed: seed + count, numRuns: 1 });
      await duel.play([...actions, ...ending], false);
    }
    return { header: arena.header, lines: duel.lines.slice(0, ops) };
  } finally {
    await arena.close();
  }
}
