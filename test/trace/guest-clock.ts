import { rmSync, symlinkSync } from 'node:fs';

/** How many times more slowly than the host's the guest's time passes while it works. */
const SLOWNESS = 1000;
const SHARED = new Int32Array(new SharedArrayBuffer(4));

/** In milliseconds. */
export interface GuestTime {
  now(): number;
  wait(milliseconds: number): void;
}

const GUEST_TIME: GuestTime = {
  now: () => performance.now(),
  wait: (milliseconds) => {
    Atomics.wait(SHARED, 0, 0, milliseconds);
  },
};

/**
 * The clock of a guest booted with `--still-clock` (scripts/still-clock.c): it all but stands still while the guest
 * works, and jumps ahead when the guest has nothing to do, so that a sleep takes no time.
 */
export class GuestClock {
  readonly #time: GuestTime;
  /** When the clock was stopped, on the guest's monotonic clock, and how long it has slept since, in milliseconds. */
  #start = 0;
  #slept = 0;

  constructor(time: GuestTime = GUEST_TIME) {
    this.#time = time;
  }

  /** False where this machine's clock cannot be stopped, and runs on. */
  stop(): boolean {
    const isStopped = setSlowness(SLOWNESS);
    this.#start = this.#time.now();
    this.#slept = 0;
    return isStopped;
  }

  run(): void {
    setSlowness(1);
  }

  /**
   * Sleeps to that many milliseconds after the end of the last sleep, whatever was done since. A call that had to wait
   * for longer took time of its own, as it does on the fake: the sleep comes after that.
   */
  sleep(milliseconds: number): void {
    const since = this.#time.now() - this.#start - this.#slept;
    if (since >= milliseconds) this.#slept += since;
    this.#slept += milliseconds;
    this.#time.wait(this.#start + this.#slept - this.#time.now());
  }
}

function setSlowness(slowness: number): boolean {
  const path = `${process.env['GUEST_RUN'] ?? '.'}/clock`;
  try {
    symlinkSync(`clock:${slowness}`, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EALREADY') return true;
    throw cause;
  }
  rmSync(path);
  return false;
}
