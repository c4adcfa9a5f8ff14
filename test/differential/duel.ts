import type { Personality } from '@dmthin/kernel-fake';
import { COMMAND, FLAG, HEADER_MIN } from '@dmthin/kernel-ioctl';
import type { Answer, Call, Line, TracedMachine, TraceHeader } from '../trace/call.ts';
import { areAlike } from '../trace/compare.ts';
import { fakeMachine } from '../trace/fake-machine.ts';
import type { Difference } from '../trace/show-difference.ts';
import type { Action } from './action.ts';
import { DEFERRED_REMOVAL } from './arena.ts';
import { hazardOf } from './hazard.ts';
import { headerOf } from './request.ts';
import { callsOf } from './resolve.ts';
import { Scene } from './scene.ts';

/** Commands that change which mapped devices there are, what they stand on, or whether I/O flows. */
const CHANGING: ReadonlySet<number> = new Set([
  COMMAND.removeAll,
  COMMAND.create,
  COMMAND.remove,
  COMMAND.rename,
  COMMAND.suspend,
  COMMAND.load,
  COMMAND.clear,
  COMMAND.message,
]);

/** A removal that may have marked devices, all of which are gone by now on the fake. */
function marks(call: Call): boolean {
  if (call.op !== 'ioctl' || (call.nr !== COMMAND.remove && call.nr !== COMMAND.removeAll)) return false;
  return call.size >= HEADER_MIN && (headerOf(call).flags & FLAG.deferredRemove) !== 0;
}

/** The same calls to the real kernel and to a fake one, one after another; the fake says what is safe to ask next. */
export class Duel {
  /** What the real kernel was asked and answered. */
  readonly lines: Line[] = [];
  /** The first call that the fake answered otherwise. */
  difference: Difference | undefined;
  readonly #header: TraceHeader;
  readonly #real: TracedMachine;
  readonly #fake: TracedMachine;
  readonly #scene: Scene;

  /** The fake behaves like the release in the header, unless a personality is given. */
  constructor(header: TraceHeader, real: TracedMachine, personality?: Personality) {
    this.#header = header;
    this.#real = real;
    this.#fake = fakeMachine(header, personality);
    this.#scene = new Scene(this.#fake, header.major);
  }

  /** Stops at a difference, and where the fake breaks, unless it is only there to say what is safe. */
  async play(actions: readonly Action[], stopsAtDifference = true): Promise<void> {
    for (const action of actions)
      for (const call of callsOf(action, this.#header.major, (name) => this.#scene.named(name)?.number)) {
        if ((await hazardOf(call, this.#scene)) !== undefined) continue;
        const hadMarked = this.#hasMarked();
        await this.#call(call);
        if (stopsAtDifference && this.difference !== undefined) return;
        if (call.op === 'ioctl' && CHANGING.has(call.nr)) await this.#scene.refresh();
        if (!hadMarked && !this.#hasMarked() && !marks(call)) continue;
        const pause: Call = { op: 'sleep', ms: DEFERRED_REMOVAL };
        if ((await hazardOf(pause, this.#scene)) === undefined) await this.#call(pause);
        await this.#scene.refresh();
      }
  }

  async #call(call: Call): Promise<void> {
    const fake = await this.#fake.play(call).catch((failure: Error) => failure);
    const real = await this.#real.play(call);
    this.lines.push({ call, answer: real });
    if (fake instanceof Error || !areAlike(call, real, fake)) this.#differ(call, real, fake);
  }

  #differ(call: Call, expected: Answer | undefined, actual: Answer | undefined | Error): void {
    this.difference ??= { number: this.lines.length, call, expected, actual };
  }

  #hasMarked(): boolean {
    return this.#scene.devices.some(({ isDeferredRemove }) => isDeferredRemove);
  }
}
