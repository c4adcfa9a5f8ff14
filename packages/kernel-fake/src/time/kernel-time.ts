import type { Clock } from '@dmthin/ports';

/** Something the kernel does later. */
export interface Timer {
  /** When, on the kernel's time. */
  readonly due: number;
  cancel(): void;
}

interface Pending extends Timer {
  readonly run: () => void;
}

/**
 * The kernel's time and what is to happen at which moment (a pool's one-second commit, its no-space timeout). Every
 * call into the kernel runs what has come due before it does anything else, so that each answer is what a kernel with
 * its own threads would give; a sleep on the clock does the same while nobody calls.
 */
export class KernelTime {
  readonly #clock: Clock;
  readonly #pending = new Set<Pending>();
  /** Time that was skipped because somebody would have had to wait for it (see `skipTo`). */
  #skipped = 0;
  #nextDue = Number.POSITIVE_INFINITY;
  #alarm: AbortController | undefined;
  /** When what runs now was due: it happens then, however late it was looked at. */
  #running: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In milliseconds, only forward. */
  now(): number {
    return this.#running ?? this.#clock.monotonic() + this.#skipped;
  }

  after(milliseconds: number, run: () => void): Timer {
    const pending: Pending = {
      due: this.now() + milliseconds,
      run,
      cancel: () => {
        this.#pending.delete(pending);
      },
    };
    this.#pending.add(pending);
    if (pending.due < this.#nextDue) {
      this.#nextDue = pending.due;
      this.#setAlarm();
    }
    return pending;
  }

  /** Runs what has come due, in the order of its time. */
  runDue(): void {
    if (this.#nextDue > this.now()) return;
    for (let next = this.#first(); next !== undefined && next.due <= this.now(); next = this.#first()) {
      this.#pending.delete(next);
      this.#running = next.due;
      try {
        next.run();
      } finally {
        this.#running = undefined;
      }
    }
    this.#nextDue = this.#first()?.due ?? Number.POSITIVE_INFINITY;
    if (this.#nextDue !== Number.POSITIVE_INFINITY) this.#setAlarm();
  }

  /** Lets time pass to `due` in an instant: for a synchronous caller who would have had to wait until then. */
  skipTo(due: number): void {
    this.#skipped += Math.max(0, due - this.now());
    this.runDue();
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#alarm?.abort();
    this.#pending.clear();
    this.#nextDue = Number.POSITIVE_INFINITY;
  }

  #first(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) if (first === undefined || pending.due < first.due) first = pending;
    return first;
  }

  #setAlarm(): void {
    this.#alarm?.abort();
    const alarm = new AbortController();
    this.#alarm = alarm;
    this.#clock.sleep(Math.max(0, this.#nextDue - this.now()), alarm.signal).then(
      () => this.runDue(),
      // A later alarm took this one's place, or the machine stopped.
      () => undefined,
    );
  }
}
