import fc from 'fast-check';
import { DISKS } from '../trace/disks.ts';
import type { Trace } from '../trace/trace-file.ts';
import { sequences } from './arbitrary/actions.ts';
import { ending } from './arbitrary/ending.ts';
import { Arena } from './arena.ts';
import { Duel } from './duel.ts';

/** Of one sequence, in actions. */
const LENGTH = 150;

/** Records calls of random sequences on the kernel of this guest; the same seed asks the same. */
export async function record(seed: number, ops: number): Promise<Trace> {
  const arena = new Arena(DISKS, seed);
  try {
    await arena.clear();
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
