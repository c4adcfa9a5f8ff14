import type { ErrnoName } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';
import { type Call, type CallPattern, fits } from './call-pattern.ts';
import { DiskFaults } from './disk-faults.ts';
import { MachineCrash } from './machine-crash.ts';

export interface FaultOptions {
  /** The how-manieth call that fits from now on; the first unless said. */
  readonly nth?: number | undefined;
  /** How many that fit fail from there on; one unless said. */
  readonly times?: number | undefined;
}

export interface CrashOptions {
  /** The how-manieth call that fits from now on; the first unless said. */
  readonly nth?: number | undefined;
  /** Before it was done, or when it was done but not yet answered; before unless said. */
  readonly when?: 'before' | 'after' | undefined;
}

interface Ordered {
  readonly pattern: CallPattern;
  /** Calls that fit and still pass. */
  passes: number;
  /** Calls that are to be hit after those. */
  hits: number;
  readonly effect: ErrnoName | 'crash-before' | 'crash-after';
}

/** What is told to go wrong in a fake kernel. A fault is used up when it has hit. */
export class FaultPlan {
  /** Bad disks. */
  readonly disks: DiskFaults = new DiskFaults();
  #ordered: Ordered[] = [];
  readonly #onCrash: () => void;
  #crash: MachineCrash | undefined;
  #calls = 0;

  /** `onCrash` is called once, when the machine goes down. */
  constructor(onCrash: () => void) {
    this.#onCrash = onCrash;
  }

  /** How many calls were made so far, of all kinds; what a test that crashes at each of them counts with. */
  get calls(): number {
    return this.#calls;
  }

  get isCrashed(): boolean {
    return this.#crash !== undefined;
  }

  /** The nth call that fits fails with `errno` and does nothing. */
  fail(pattern: CallPattern, errno: ErrnoName, { nth = 1, times = 1 }: FaultOptions = {}): void {
    this.#ordered.push({ pattern, passes: nth - 1, hits: times, effect: errno });
  }

  /** The machine crashes at the nth call that fits. */
  crash(pattern: CallPattern = {}, { nth = 1, when = 'before' }: CrashOptions = {}): void {
    this.#ordered.push({ pattern, passes: nth - 1, hits: 1, effect: `crash-${when}` });
  }

  /** The machine crashes now. */
  crashNow(): void {
    if (this.#crash === undefined) this.#goDown(new MachineCrash('on demand'));
  }

  /** Takes back what was ordered and has not hit; a crash stays. */
  clear(): void {
    this.#ordered = [];
  }

  /**
   * A call begins; what it returns is to be called when it has succeeded.
   * @throws MachineCrash; Refusal: the errno that was ordered.
   */
  begin(call: Call): (() => void) | undefined {
    if (this.#crash !== undefined) throw this.#crash;
    this.#calls++;
    if (this.#ordered.length === 0) return undefined;
    const hit = this.#hit(call);
    if (hit === undefined) return undefined;
    if (hit.effect !== 'crash-before' && hit.effect !== 'crash-after')
      throw new Refusal(hit.effect, `ordered: ${call.kind} is to fail`);
    if (hit.effect === 'crash-before') throw this.#crashAt('before', call);
    return () => {
      throw this.#crashAt('after', call);
    };
  }

  #hit(call: Call): Ordered | undefined {
    let hit: Ordered | undefined;
    for (const ordered of this.#ordered) {
      if (!fits(ordered.pattern, call)) continue;
      if (ordered.passes > 0) ordered.passes--;
      else if (hit === undefined) {
        ordered.hits--;
        hit = ordered;
      }
    }
    if (hit !== undefined) this.#ordered = this.#ordered.filter(({ hits }) => hits > 0);
    return hit;
  }

  #crashAt(when: string, call: Call): MachineCrash {
    const text = call.text();
    return this.#goDown(new MachineCrash(`${when} ${call.kind} ${text === '' ? '' : `"${text}" `}on ${call.device}`));
  }

  #goDown(crash: MachineCrash): MachineCrash {
    this.#crash = crash;
    this.#onCrash();
    return crash;
  }
}
