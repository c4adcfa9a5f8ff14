import type { Personality } from '@dmthin/kernel-fake';
import { areAlike } from './compare.ts';
import { fakeMachine } from './fake-machine.ts';
import type { Difference } from './show-difference.ts';
import type { Trace } from './trace-file.ts';

/** Plays a trace on a fake kernel; gives the first call that the fake answers otherwise than the real kernel did. */
export async function replay({ header, lines }: Trace, personality?: Personality): Promise<Difference | undefined> {
  const machine = fakeMachine(header, personality);
  for (const [index, { call, answer }] of lines.entries()) {
    const actual = await machine.play(call).catch((failure: Error) => failure);
    if (actual instanceof Error || !areAlike(call, answer, actual))
      return { number: index + 1, call, expected: answer, actual };
  }
  return undefined;
}
