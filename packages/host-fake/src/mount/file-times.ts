import { lutimesSync } from 'node:fs';
import { mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type BytePath, fsPath } from './byte-path.ts';

const SECOND = 1_000_000_000n;

/**
 * Sets modification times as exactly as Node.js can. It takes seconds as a floating-point number, which in this century
 * are 238 ns apart, and some versions cut what is left to microseconds. Times that no call can set are rounded to ones
 * that can be, on the real file too: else a file would change its time by being unmounted and mounted again.
 */
export class FileTimes {
  readonly #cutsToMicroseconds: boolean;

  private constructor(cutsToMicroseconds: boolean) {
    this.#cutsToMicroseconds = cutsToMicroseconds;
  }

  /** Finds out how this Node.js does it, with a file in `directory`. */
  static async probe(directory: string): Promise<FileTimes> {
    const place = await mkdtemp(join(directory, 'times-'));
    try {
      await utimes(place, 1_000_000_000.000_123_5, 1_000_000_000.000_123_5);
      const { mtimeNs } = await stat(place, { bigint: true });
      return new FileTimes(mtimeNs % 1000n === 0n);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  /** Whether a file that has this time will have it again after being written anew. */
  isExact(time: bigint): boolean {
    return this.#result(this.secondsOf(time)) === time;
  }

  /** The argument of `utimes` that comes nearest to `time`. */
  secondsOf(time: bigint): number {
    const nearest = Number(time / SECOND) + Number(time % SECOND) / 1e9;
    const next = nearest + 2 ** -22;
    if (this.#result(nearest) === time) return nearest;
    if (this.#result(next) === time) return next;
    // Cut to microseconds, the nearest may fall into the one before.
    return this.#result(nearest) / 1000n === time / 1000n ? nearest : next;
  }

  /** Sets the modification time of a file, directory or link. */
  set(path: BytePath, time: bigint): void {
    const seconds = this.secondsOf(time);
    lutimesSync(fsPath(path), seconds, seconds);
  }

  /** What libuv makes of it (uv__fs_to_timespec). */
  #result(seconds: number): bigint {
    const whole = Math.trunc(seconds);
    const nanoseconds = BigInt(Math.trunc((seconds - whole) * 1e9));
    return BigInt(whole) * SECOND + (this.#cutsToMicroseconds ? nanoseconds - (nanoseconds % 1000n) : nanoseconds);
  }
}
