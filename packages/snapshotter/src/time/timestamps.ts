import type { Clock } from '@dmthin/ports';

/** More than this apart from what was reckoned, the clock has been set. */
const JUMP_MS = 2;
const LONGEST_LOOK = 100_000;

/**
 * The time in nanoseconds. A clock's milliseconds are too coarse: containerd's clients compare with times that they took
 * just before and just after a call. So what passes between ticks is taken from the clock that only goes forward.
 */
export class Timestamps {
  readonly #clock: Clock;
  /** What the one clock is ahead of the other, at the moment of a tick. */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    const start = clock.now();
    for (let look = 0; look < LONGEST_LOOK && clock.now() === start; look++);
    this.#offset = clock.now() - clock.monotonic();
  }

  now(): bigint {
    const [wall, monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    const isSet = Math.abs(monotonic + this.#offset - wall) > JUMP_MS;
    this.#offset = isSet ? wall - monotonic : Math.max(this.#offset, wall - monotonic);
    const milliseconds = monotonic + this.#offset;
    const whole = Math.floor(milliseconds);
    return BigInt(whole) * 1_000_000n + BigInt(Math.floor((milliseconds - whole) * 1_000_000));
  }

  /** Now, but after `before` in any case. */
  after(before: bigint): bigint {
    const now = this.now();
    return now > before ? now : before + 1n;
  }
}
