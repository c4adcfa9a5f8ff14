import { DmError } from '@dmthin/domain';
import type { Personality } from '@dmthin/kernel-fake';
import fc from 'fast-check';
import type { Line, TraceHeader } from '../trace/call.ts';
import { DISKS } from '../trace/disks.ts';
import { hostTime } from '../trace/host-time.ts';
import type { Difference } from '../trace/show-difference.ts';
import type { Action } from './action.ts';
import { sequences } from './arbitrary/actions.ts';
import { Arena } from './arena.ts';
import { Duel } from './duel.ts';

/** How many sequences are made from one seed, and how long they are, in actions. */
const SEQUENCES = 25;
const LENGTH = 120;
/** How long a sequence that differs is made shorter, in milliseconds. */
const SHRINKING = 60_000;

export interface CampaignOptions {
  readonly seed: number;
  /** Of host time. */
  readonly milliseconds: number;
  /** Whom the fake is to be like; the kernel it is compared with, unless given. */
  readonly personality?: Personality | undefined;
  /** Told of each sequence before it is played, so that one that hangs the kernel can be found. */
  onSequence?(actions: readonly Action[]): void;
}

/** A sequence, as short as it could be made, that the fake does not answer as the real kernel does. */
export interface Found {
  readonly seed: number;
  readonly header: TraceHeader;
  readonly lines: readonly Line[];
  readonly difference: Difference;
}

export interface Campaign {
  readonly sequences: number;
  /** All that were compared. */
  readonly calls: number;
  readonly found: Found | undefined;
}

/** Plays random sequences on the kernel of this guest and on a fake one, until the time is up or they differ. */
export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const end = hostTime() + options.milliseconds;
  const arena = new Arena(DISKS, options.seed);
  const count = { sequences: 0, calls: 0 };
  try {
    for (let seed = options.seed; hostTime() < end; seed++) {
      let found: Found | undefined;
      let shrinkEnd = 0;
      let broken: unknown;
      const property = fc.asyncProperty(sequences(LENGTH), async (actions) => {
        if (broken !== undefined || (found !== undefined && hostTime() > shrinkEnd)) return true;
        const duel = new Duel(arena.header, arena.machine, options.personality);
        try {
          if (!(await arena.clear())) throw clockRuns();
          options.onSequence?.(actions);
          await duel.play(actions);
        } catch (failure) {
          broken = failure;
          return false;
        }
        // Not those that are played again while the first that differs is made shorter.
        if (found === undefined) {
          count.sequences += 1;
          count.calls += duel.lines.length;
        }
        if (duel.difference === undefined) return true;
        if (found === undefined) shrinkEnd = hostTime() + SHRINKING;
        // The last that differs is the shortest that fast-check came to.
        found = { seed, header: arena.header, lines: duel.lines, difference: duel.difference };
        return false;
      });
      const { failed } = await fc.check(property, { seed, numRuns: SEQUENCES });
      if (failed && found === undefined) throw broken;
      if (failed) return { ...count, found };
    }
    return { ...count, found: undefined };
  } finally {
    await arena.close();
  }
}

function clockRuns(): DmError {
  return new DmError('UNAVAILABLE', 'the clock of this machine cannot be stopped', {
    operation: 'differential',
    remedy: 'Run it in the guest: ./scripts/guest --still-clock -- pnpm differential ...',
  });
}
