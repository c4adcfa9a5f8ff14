import { chmodSync, lutimesSync, mkdtempSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type BytePath, fsPath } from './byte-path.ts';

const SECOND = 1_000_000_000n;
/** The kernel's coarse clock advances by its tick, 10 ms at most. */
const TWO_TICKS = 20_000_000n;
/** How far apart seconds are as floating-point numbers between 2004 and 2038. */
const SPACING = 2 ** -22;
/** Seconds with a fraction that is no whole microsecond. */
const UNEVEN = 1_000_000_000.000_123_5;

/**
 * Sets modification times as exactly as Node.js can. It takes seconds as a floating-point number, which in this century
 * are 238 ns apart, and some versions cut what is left to microseconds. Times that no call can set are rounded to ones
 * that can be, on the real file too: else a file would change its time by being unmounted and mounted again.
 */
export class FileTimes {
  /**
   * How long, in nanoseconds, a file may change after a look at it without its times telling. 0 where the file system
   * gives each change after a look a time of its own (multigrain timestamps, Linux 6.13).
   */
  readonly step: bigint;
  readonly #cutsToMicroseconds: boolean;

  private constructor(step: bigint, cutsToMicroseconds: boolean) {
    this.step = step;
    this.#cutsToMicroseconds = cutsToMicroseconds;
  }

  /** Finds out how this Node.js and this file system do it, with a file in `directory`. */
  static probe(directory: string): FileTimes {
    const place = mkdtempSync(join(directory, 'times-'));
    try {
      utimesSync(place, UNEVEN, UNEVEN);
      const { mtimeNs } = statSync(place, { bigint: true });
      const changes = Array.from({ length: 5 }, (_, index) => {
        chmodSync(place, index % 2 === 0 ? 0o700 : 0o711);
        return statSync(place, { bigint: true }).ctimeNs;
      });
      return new FileTimes(new Set(changes).size === changes.length ? 0n : TWO_TICKS, mtimeNs % 1000n === 0n);
    } finally {
      rmdirSync(place);
    }
  }

  /** Whether a file that has this time will have it again after being written anew. */
  isExact(time: bigint): boolean {
    return this.#result(this.secondsOf(time)) === time;
  }

  /** The argument of `utimes` that comes nearest to `time`. */
  secondsOf(time: bigint): number {
    const nearest = Number(time / SECOND) + Number(time % SECOND) / 1e9;
    const near = [nearest, nearest + SPACING, nearest - SPACING];
    // Cut to microseconds, the nearest may fall into another one than the time does.
    return (
      near.find((seconds) => this.#result(seconds) === time) ??
      near.find((seconds) => this.#result(seconds) / 1000n === time / 1000n) ??
      nearest
    );
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
