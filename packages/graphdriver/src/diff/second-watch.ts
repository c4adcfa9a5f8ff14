import type { CancelSignal, Clock } from '@dmthin/ports';
import { secondsOf } from '../tree/same-file.ts';

/**
 * Keeps files that were written to a tar apart from what is done to them right afterwards. A tar has times in whole
 * seconds, so a file that was changed in the second that still runs, and is changed in it once more, would look the same
 * to the next diff. Docker waits until the second is over in which a diff began (docker-devicemapper.md, Appendix A);
 * here that is done only where such a file was met.
 */
export class SecondWatch {
  readonly #clock: Clock;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A file that was changed then, in nanoseconds, was written. */
  see(modifiedNs: bigint): void {
    const second = Number(secondsOf(modifiedNs));
    if (second > this.#latest && second * 1000 <= this.#clock.now()) this.#latest = second;
  }

  /** Resolves when the second of the latest change is over. */
  async passed(signal?: CancelSignal): Promise<void> {
    const left = (this.#latest + 1) * 1000 - this.#clock.now();
    if (left > 0) await this.#clock.sleep(left, signal);
  }
}
